// A browser that has no VP9: it does not say that it could take it, and knows nothing of what the far end says of it.
for (const side of [RTCRtpSender, RTCRtpReceiver]) {
  const before = side.getCapabilities.bind(side);
  side.getCapabilities = kind => ({ ...before(kind), codecs: before(kind).codecs.filter(c => c.mimeType !== 'video/VP9') });
}
const set = RTCPeerConnection.prototype.setRemoteDescription;
RTCPeerConnection.prototype.setRemoteDescription = function ({ type, sdp }) {
  const all = pattern => [...sdp.matchAll(pattern)].map(m => m.slice(1));
  const unknown = all(/^a=rtpmap:(\d+) VP9/gm).flat();
  unknown.push(...all(/^a=fmtp:(\d+) apt=(\d+)/gm).filter(([, of]) => unknown.includes(of)).map(([rtx]) => rtx));
  const lines = sdp.split('\r\n').filter(l => !unknown.includes(/^a=(?:rtpmap|fmtp|rtcp-fb):(\d+)/.exec(l)?.[1]));
  const media = lines.map(l => l.startsWith('m=video') ? l.split(' ').filter((w, i) => i < 3 || !unknown.includes(w)).join(' ') : l);
  return set.call(this, { type, sdp: media.join('\r\n') });
};
