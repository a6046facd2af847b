// Who and what the server has: its own word, for show. Whom one talks with, the room knows.

import { cleanName } from './text.js';

const mostUsers = 20_000, mostChannels = 2_000;

// list is what the server gives as one, without what is nothing.
export const list = of => Array.isArray(of) ? of.filter(Boolean) : [];

export class Directory {
  constructor() { this.forget(); }

  forget() {
    this.channels = new Map(); // by id
    this.users = new Map();    // by id
    this.rosters = new Map();  // members by user, by channel
  }

  // inOrder gives the channels.
  inOrder() { return [...this.channels.values()].sort((a, b) => a.position - b.position || (a.id < b.id ? -1 : 1)); }

  // people gives all others who are here, by name.
  people(me) {
    return [...this.users.values()].filter(u => u.id !== me && u.status !== 'offline').sort((a, b) => a.name.localeCompare(b.name));
  }

  sitting(channel) { return [...this.rosters.get(channel)?.values() ?? []]; }

  heard(type, m) {
    switch (type) {
      case 'snapshot':
        if (m.part === 0) this.forget();
        list(m.channels).forEach(c => this.#channel(c));
        list(m.users).forEach(u => this.#user(u));
        list(m.rosters).forEach(r => this.roster(r));
        break;
      case 'user.changed': if (m.user) this.#user(m.user); break;
      case 'user.removed': this.users.delete(m.user); break;
      case 'channel.changed': if (m.channel) this.#channel(m.channel); break;
      case 'channel.removed':
        this.channels.delete(m.channel);
        this.rosters.delete(m.channel);
        break;
      case 'member.joined':
      case 'member.changed':
        if (m.member && this.channels.has(m.channel)) this.#sits(m.channel, m.member);
        break;
      case 'member.left': this.rosters.get(m.channel)?.delete(m.member?.user); break;
      case 'member.speaking': {
        const sits = this.rosters.get(m.channel)?.get(m.member?.user);
        if (sits?.member === m.member.member) sits.speaking = Boolean(m.on);
      }
    }
  }

  roster(r) {
    this.rosters.delete(r.channel);
    if (this.channels.has(r.channel)) list(r.members).forEach(m => this.#sits(r.channel, m));
  }

  #channel(c) {
    if (this.channels.has(c.id) || this.channels.size < mostChannels) this.channels.set(c.id, { ...c, name: cleanName(c.name) });
  }

  #user(u) {
    if (this.users.has(u.id) || this.users.size < mostUsers) this.users.set(u.id, { ...u, name: cleanName(u.name) });
  }

  #sits(channel, m) {
    if (!this.rosters.has(channel)) this.rosters.set(channel, new Map());
    this.rosters.get(channel).set(m.user, { ...m, name: cleanName(m.name) });
  }
}
