// What a guest does, and is shown. Times are as other programs on this machine have them, in ms.
globalThis.guest = {
  first: 0, // when somebody else's first picture since the acceptance was on the page

  accept() {
    this.first = 0;
    const wait = setInterval(() => {
      const video = document.querySelector('.tile.person:not(.own) video');
      if (!video) return;
      clearInterval(wait);
      video.requestVideoFrameCallback((_, frame) => { this.first = performance.timeOrigin + frame.presentationTime; });
    }, 2);
    const at = performance.timeOrigin + performance.now();
    document.getElementById('acceptVideo').click();
    return at;
  },
};
