// What other people wrote, made inert. All of it goes into the page by textContent alone.

const joiners = /[\u200c\u200d]/u;

// cleanName is a name on one line: nothing invisible, nothing that turns the direction of writing, 32 characters at most.
export function cleanName(name) {
  const seen = Array.from(String(name ?? '').normalize('NFC').replace(/\s+/gu, ' ').replace(/[\p{C}\p{Zl}\p{Zp}\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufe00-\ufe0f]/gu, ''));
  return dropMarks(seen, 2).slice(0, 32).join('').trim() || 'Somebody';
}

// cleanText leaves lines and words, at most 2000 characters of them.
export function cleanText(text) {
  const lines = String(text ?? '').replace(/\r\n?|[\u2028\u2029]/gu, '\n').replace(/[^\S\n]/gu, ' ').replace(/\n{3,}/gu, '\n\n');
  const seen = Array.from(lines).filter(c => c === '\n' || joiners.test(c) || !/\p{C}/u.test(c));
  return dropMarks(seen, 4).slice(0, 2000).join('').trim();
}

// dropMarks leaves so many combining marks on a letter: enough for every script, too few to climb over other lines.
function dropMarks(characters, most) {
  let marks = 0;
  return characters.filter(c => (marks = /\p{M}/u.test(c) ? marks + 1 : 0) <= most);
}
