// Session descriptions (RFC 8866, RFC 9429): what of the far end's is taken, and what of ours is said.

// layout is the order of the media sections, the same on both sides of every peer connection.
export const layout = ['audio', 'video', 'video', 'audio', 'application']; // microphone, camera, screen, sound of the screen, data

const longest = 24 * 1024; // bytes

// admit throws at a description that is not of the layout, or has anything but one sha-256 fingerprint value: the browser would
// take any one of several.
export function admit(sdp) {
  if (typeof sdp !== 'string' || sdp.length > longest) throw new Error('a description of no length');
  const lines = sdp.split(/\r?\n/);
  const media = lines.filter(l => l.startsWith('m=')).map(l => l.slice(2).split(' ')[0]);
  if (media.join() !== layout.join()) throw new Error('media sections of another layout');
  const values = new Set();
  for (const l of lines) {
    if (!/^a=fingerprint:/i.test(l)) continue;
    const found = /^a=fingerprint:sha-256 ((?:[0-9a-f]{2}:){31}[0-9a-f]{2})\s*$/i.exec(l);
    if (!found) throw new Error('a fingerprint that is not sha-256');
    values.add(found[1].toUpperCase());
  }
  if (values.size !== 1) throw new Error('not one fingerprint');
  if (lines.some(l => /^a=(simulcast|rid|ice-lite)/.test(l))) throw new Error('simulcast or ice-lite');
}

// session is the session id of the o= line: the same as long as the far end's peer connection is the same.
export const session = sdp => /^o=\S+ (\S+)/m.exec(sdp)?.[1] ?? 'none';

// bare takes the candidates out: they go one by one.
export const bare = sdp => sdp.replace(/^a=(?:candidate:|end-of-candidates).*\r\n/gm, '');

// inStereo is an own description by which the browser plays Opus in stereo (RFC 7587, section 6.1). It is for the browser alone: the far
// end's, which echoes it, would have the browser send one microphone twice.
export const inStereo = sdp => {
  const opus = /^a=rtpmap:(\d+) opus\/48000/mi.exec(sdp)?.[1];
  return opus ? sdp.replace(new RegExp(`^a=fmtp:${opus} [^\r\n]*`, 'gm'), line => /stereo=/.test(line) ? line : line + ';stereo=1') : sdp;
};

// withoutRelated takes the related address out of a candidate: in others than host candidates it is this machine's own.
export const withoutRelated = candidate => candidate.replace(/ raddr \S+/, ' raddr 0.0.0.0').replace(/ rport \S+/, ' rport 9');

// isUseful leaves out what the far end does not try: TCP, and the end of the candidates.
export const isUseful = candidate => / udp /i.test(candidate ?? '');

// redFirst puts packets that hold more than one (RFC 2198) before plain Opus, or behind it, in the sections of sound; empty: there are none.
export function redFirst(sdp, on) {
  const red = /^a=rtpmap:(\d+) red\/48000/mi.exec(sdp)?.[1];
  return red ? sdp.replace(/^(m=audio \S+ \S+) ([\d ]+)/gm, (_, head, types) => {
    const others = types.split(' ').filter(t => t !== red);
    return [head, ...on ? [red, ...others] : [...others, red]].join(' ');
  }) : '';
}

// preferences puts the codecs that Parley has into its order, and leaves out the others, which would only make descriptions long.
export function preferences(kind) {
  const all = RTCRtpReceiver.getCapabilities(kind)?.codecs ?? [];
  const wanted = kind === 'audio'
    ? [c => is(c, 'audio/opus'), c => is(c, 'audio/red')] // RED behind Opus: it is for losses
    : [c => is(c, 'video/vp9') && !/profile-id=[1-9]/.test(c.sdpFmtpLine ?? ''), c => is(c, 'video/vp8'), c => is(c, 'video/rtx')];
  return wanted.flatMap(w => all.filter(w));
}

const is = (codec, type) => codec.mimeType.toLowerCase() === type;
