// A call that is not answered yet, here or there. Nothing of one's own opens before the click that makes or takes it.
//
//   idle ─► dialing (out) ──┬─► a Call (room.js)
//     └───► ringing (in) ───┘

import { hex, random } from './bytes.js';
import { Call, newMember, newNonce } from './room.js';
import { cleanName } from './text.js';

const ringWithin = 47_000;  // ms: the server ends it before
const doubtWithin = 5_000;  // ms: for a server to say that it rings still
const words = {
  left: 'The call is over.', cancelled: 'They have given up.', declined: 'They do not want to talk now.', timeout: 'Nobody has answered.',
  busy: 'They are in another call.', lost: 'The connection was lost.', kicked: 'They are no member of this server any more.',
};

export const callOver = reason => words[reason] ?? 'The call is over.';

// Calls is what rings. host is the page: { gateway, me, enter(room), note(text), changed() }.
export class Calls {
  #host; #timer; #doubt;

  constructor(host) {
    this.#host = host;
    this.ring = null; // { call, out, user, name, web, video, member, nonce, placed, crossed }
  }

  // call rings somebody: it is the local consent.
  async call(user, name, video) {
    if (this.ring && !this.ring.out && this.ring.user === user) {
      this.accept(video); // both want the same
      return;
    }
    if (this.ring) return;
    const r = { call: hex(random(16)), out: true, user, name, video, member: newMember(), nonce: newNonce() };
    this.#set(r);
    await this.#ask(r);
  }

  async #ask(r) {
    try {
      const [, m] = await this.#host.gateway.ask('call.ring', { call: r.call, to: r.user, member: r.member, nonce: r.nonce, video: r.video });
      if (this.ring !== r) {
        if (m.with && m.call !== this.#host.room?.id) this.#end(m.call, 'left'); // given up meanwhile
        return;
      }
      if (m.with) this.#answered(r, m);
      r.placed = true;
      this.#host.changed();
    } catch (why) {
      if (this.ring !== r) return;
      const crossed = r.crossed;
      this.#set(null);
      this.#host.note(why.message);
      if (crossed) this.#incoming(crossed);
    }
  }

  // accept is the local consent to what rings here.
  async accept(video) {
    const r = this.ring;
    if (!r || r.out) return;
    this.#set(null);
    const room = new Call(this.#host, r.call);
    this.#host.enter(room, video);
    try {
      const [, placed] = await this.#host.gateway.ask('call.accept', { call: r.call, member: room.member, nonce: room.nonce, video });
      if (placed.with?.user !== r.user || placed.with.member !== r.with.member || placed.with.nonce !== r.with.nonce) {
        room.hangUp();
        return;
      }
      await room.begin(placed);
    } catch (why) {
      this.#host.note(why.message);
      room.end('lost');
    }
  }

  decline() { this.#giveUp('declined'); }
  cancel() { this.#giveUp('cancelled'); }

  #giveUp(reason) {
    const r = this.ring;
    if (!r) return;
    this.#set(null);
    this.#end(r.call, reason);
  }

  #end(call, reason) { this.#host.gateway.ask('call.end', { call, reason }).catch(() => {}); } // it may be over there

  heard(type, m) {
    const r = this.ring;
    switch (type) {
      case 'call.incoming':
        this.#incoming(m);
        return;
      case 'call.answered':
        if (r?.out && m.call === r.call) this.#answered(r, m);
        return;
      case 'call.ended':
        if (r && r.call === m.call) {
          this.#set(null);
          if (r.out || m.reason !== 'cancelled') this.#host.note(callOver(m.reason));
        } else if (r?.crossed && r.crossed.call === m.call) {
          r.crossed = null;
        }
        return;
      case 'gap': // the end of it may have been among what was lost
        if (r?.out && r.placed) this.#ask(r);
        else if (r && !r.out) this.#doubt = setTimeout(() => { if (this.ring === r) this.#set(null); }, doubtWithin);
    }
  }

  // over follows the end of the session that it was of.
  over() {
    if (this.ring) this.#set(null);
  }

  #answered(r, m) {
    this.#set(null);
    if (m.with?.user !== r.user) {
      this.#end(m.call, 'left');
      return;
    }
    const room = new Call(this.#host, m.call, r.member, r.nonce);
    this.#host.enter(room, r.video);
    room.begin(m);
  }

  #incoming(m) {
    const r = this.ring;
    if (!m.from || this.#host.room instanceof Call) return;
    if (r && !r.out && r.call === m.call) {
      clearTimeout(this.#doubt);
      return;
    }
    if (r?.out && r.user === m.from.user && !r.placed) {
      r.crossed = m; // the answer to one's own brings both together
      return;
    }
    if (r) return; // one at a time
    this.#set({ call: m.call, out: false, user: m.from.user, name: cleanName(m.from.name), web: m.from.web, video: m.video, with: m.from });
  }

  #set(r) {
    this.ring = r;
    clearTimeout(this.#timer);
    clearTimeout(this.#doubt);
    if (r) this.#timer = setTimeout(() => this.#giveUp(r.out ? 'cancelled' : 'timeout'), ringWithin);
    this.#host.changed();
  }
}
