// Bytes, and their forms on the wire (PROTOCOL.md, "Transport" and "Handshake").

export const utf8 = text => new TextEncoder().encode(text);

export const random = n => crypto.getRandomValues(new Uint8Array(n));

export function concat(...parts) {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of parts) {
    out.set(p, at);
    at += p.length;
  }
  return out;
}

// uint32 is four bytes, big endian.
export const uint32 = n => new Uint8Array([n >>> 24, n >>> 16, n >>> 8, n]);

export const hex = bytes => Array.from(bytes, b => b.toString(16).padStart(2, '0')).join('');

// base64url is without padding.
export const base64url = bytes =>
  btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

// fromBase64url takes the one spelling that base64url makes, of so many bytes, and throws at any other.
export function fromBase64url(text, size) {
  const bytes = Uint8Array.from(atob(String(text).replaceAll('-', '+').replaceAll('_', '/')), c => c.charCodeAt(0));
  if (bytes.length !== size || base64url(bytes) !== text) throw new Error('malformed base64url');
  return bytes;
}

// base32 is in lower case (RFC 4648, section 6), of a multiple of five bytes.
export function base32(bytes) {
  const letters = 'abcdefghijklmnopqrstuvwxyz234567';
  let out = '', held = 0, bits = 0;
  for (const b of bytes) {
    held = held << 8 | b;
    for (bits += 8; bits >= 5; bits -= 5) out += letters[held >> bits - 5 & 31];
    held &= 31; // fewer than five bits are left
  }
  return out;
}

// statement is what is signed: a tag, and the fields, each behind its length.
export const statement = (tag, ...fields) =>
  concat(...[tag, ...fields].flatMap(f => {
    const bytes = typeof f === 'string' ? utf8(f) : f;
    return [uint32(bytes.length), bytes];
  }));

export const sha256 = async bytes => new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
