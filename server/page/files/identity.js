// Who this browser is: an Ed25519 key (RFC 8032) that no script can read, kept for this server's pages alone.

import { utf8, concat, base32, sha256 } from './bytes.js';

// userID is the name by which machines know a person.
export const userID = async key => base32((await sha256(concat(utf8('parley user v1'), key))).slice(0, 20));

// Identity signs, and knows its own key and id.
export class Identity {
  #pair;

  constructor(pair, key, id, kept) {
    this.#pair = pair;
    this.key = key; // 32 bytes
    this.id = id;
    this.kept = kept; // it is here the next time, too
  }

  async sign(message) {
    return new Uint8Array(await crypto.subtle.sign('Ed25519', this.#pair.privateKey, message));
  }
}

// verify throws where a signature is not by that key over that message.
export async function verify(key, signature, message) {
  const k = await crypto.subtle.importKey('raw', key, 'Ed25519', false, ['verify']);
  if (!await crypto.subtle.verify('Ed25519', k, signature, message)) throw new Error('the signature does not fit');
}

const storeWithin = 8_000; // ms

// openIdentity finds this browser's key, or makes one. A browser that keeps nothing, as in a private window, has one for this page.
export async function openIdentity() {
  const kept = await within(storeWithin, 'what this browser keeps can\'t be read: close other pages of this server, and load this one again', keptPair().catch(() => null));
  const pair = kept ?? await generate();
  const key = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey));
  return new Identity(pair, key, await userID(key), Boolean(kept));
}

// keptPair is the key of all pages of this server. One page after the other looks: of two that are opened at once the first one's is
// taken by both. Nor does a browser freeze a page that has a lock, when one goes back from it: it would keep the store to itself.
const keptPair = () => navigator.locks.request('keys', async () => {
  const store = await openStore();
  const keys = mode => store.transaction('keys', mode).objectStore('keys');
  try {
    let pair = await request(keys('readonly').get('me'));
    if (!pair) {
      pair = await generate();
      await request(keys('readwrite').put(pair, 'me'));
    }
    return pair;
  } finally {
    store.close();
  }
});

const generate = () => crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify']);

const within = (ms, why, work) => Promise.race([work, new Promise((_, failed) => setTimeout(failed, ms, new Error(why)))]);

// hasEd25519 asks the browser: it is the newest thing that this page needs.
export async function hasEd25519() {
  try {
    await generate();
    return true;
  } catch {
    return false;
  }
}

function openStore() {
  const open = indexedDB.open('parley', 1);
  open.onupgradeneeded = () => open.result.createObjectStore('keys');
  return request(open);
}

const request = r => new Promise((done, failed) => {
  r.onsuccess = () => done(r.result);
  r.onerror = () => failed(r.error);
});
