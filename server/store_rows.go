package server

import (
	"crypto/sha256"
	"database/sql"
	"errors"
	"time"

	"parley/wire"
)

func (st *store) users() ([]*user, error) {
	rows, err := st.db.Query("SELECT id, key, name, role FROM users WHERE kicked = 0")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []*user
	for rows.Next() {
		u := &user{}
		if err := rows.Scan(&u.id, &u.key, &u.name, &u.role); err != nil {
			return nil, err
		}
		out = append(out, u)
	}
	return out, rows.Err()
}

func (st *store) setName(u, name string) error {
	return st.one("UPDATE users SET name = ? WHERE id = ? AND kicked = 0", name, u)
}

func (st *store) kick(u string, now time.Time) error {
	return st.update(func(tx *sql.Tx) error {
		if _, err := tx.Exec("DELETE FROM missed WHERE callee = ?", u); err != nil {
			return err
		}
		return exactlyOne(tx.Exec("UPDATE users SET kicked = ?, role = ? WHERE id = ? AND kicked = 0", now.UnixNano(), wire.RoleMember, u))
	})
}

// admit makes a user by an invite and counts the use, both or neither. Who was kicked needs an invite made since.
func (st *store) admit(u *user, secret string, now time.Time) error {
	return st.update(func(tx *sql.Tx) error {
		if err := spend(tx, u.id, secret, now); err != nil {
			return err
		}
		return exactlyOne(tx.Exec(`INSERT INTO users (id, key, name, role, created) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (id) DO UPDATE SET name = excluded.name, role = excluded.role, kicked = 0`,
			u.id, u.key, u.name, u.role, now.UnixNano()))
	})
}

func spend(tx *sql.Tx, u, secret string, now time.Time) error {
	var id string
	var uses, used int
	var created, expires, kicked int64
	err := tx.QueryRow("SELECT id, uses, used, created, expires FROM invites WHERE hash = ?", hash(secret)).
		Scan(&id, &uses, &used, &created, &expires)
	if err == nil {
		err = tx.QueryRow("SELECT coalesce(max(kicked), 0) FROM users WHERE id = ?", u).Scan(&kicked)
	}
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return wire.Errorf(wire.InviteInvalid, "This invite is unknown to the server, or was revoked.")
	case err != nil:
		return err
	case now.UnixNano() >= expires:
		return wire.Errorf(wire.InviteExpired, "This invite has expired.")
	case used >= uses:
		return wire.Errorf(wire.InviteUsedUp, "This invite was used as often as it may be.")
	case kicked >= created:
		return wire.Errorf(wire.InviteInvalid, "This invite is older than your removal: you need a new one.")
	}
	return exactlyOne(tx.Exec("UPDATE invites SET used = used + 1 WHERE id = ?", id))
}

// hash is how secrets are kept. They are 128 random bits, so there is nothing to slow down for who guesses.
func hash(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// claim makes u an owner if the secret is the one that is kept, and forgets the secret.
func (st *store) claim(u, secret string) error {
	return st.update(func(tx *sql.Tx) error {
		err := exactlyOne(tx.Exec("DELETE FROM meta WHERE name = ? AND value = ?", metaClaim, hash(secret)))
		if errors.Is(err, sql.ErrNoRows) {
			return wire.Errorf(wire.ClaimInvalid, "This is not the owner's claim, or it was used already.")
		}
		if err != nil {
			return err
		}
		return exactlyOne(tx.Exec("UPDATE users SET role = ? WHERE id = ? AND kicked = 0", wire.RoleOwner, u))
	})
}

func (st *store) channels() ([]*channel, error) {
	rows, err := st.db.Query("SELECT id, name FROM channels ORDER BY position, id")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []*channel
	for rows.Next() {
		c := &channel{}
		if err := rows.Scan(&c.id, &c.name); err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, rows.Err()
}

// setChannels writes the whole list in its order: there are 200 at most.
func (st *store) setChannels(list []*channel) error {
	return st.update(func(tx *sql.Tx) error {
		if _, err := tx.Exec("DELETE FROM channels"); err != nil {
			return err
		}
		for i, c := range list {
			if _, err := tx.Exec("INSERT INTO channels (id, name, position) VALUES (?, ?, ?)", c.id, c.name, i); err != nil {
				return err
			}
		}
		return nil
	})
}

// startInvites is how many of the invites that starts have made are kept, so that restarts don't pile them up.
const startInvites = 16

// addInvite keeps a new invite. At most limit work at a time, and as many that have ended are remembered.
func (st *store) addInvite(i wire.Invite, secret string, atStart bool, now time.Time, limit int) error {
	return st.update(func(tx *sql.Tx) error {
		// What has ended is kept for a while, so that who comes with it is told what is wrong with it.
		_, err := tx.Exec(`DELETE FROM invites WHERE (expires <= ?1 OR used >= uses) AND id NOT IN
			(SELECT id FROM invites WHERE expires <= ?1 OR used >= uses ORDER BY created DESC LIMIT ?2)`, now.UnixNano(), limit)
		if err == nil && atStart {
			_, err = tx.Exec(`DELETE FROM invites WHERE at_start = 1 AND id NOT IN
				(SELECT id FROM invites WHERE at_start = 1 ORDER BY created DESC LIMIT ?)`, startInvites-1)
		}
		var n int
		if err == nil {
			err = tx.QueryRow(`SELECT count(*) FROM invites WHERE at_start = 0 AND expires > ? AND used < uses`, now.UnixNano()).Scan(&n)
		}
		if err != nil {
			return err
		}
		if n >= limit && !atStart {
			return wire.Errorf(wire.LimitReached, "There are %d invites already: revoke some.", n)
		}
		return exactlyOne(tx.Exec("INSERT INTO invites (id, hash, uses, created, expires, at_start) VALUES (?, ?, ?, ?, ?, ?)",
			i.ID, hash(secret), i.Uses, now.UnixNano(), time.Unix(i.Expires, 0).UnixNano(), atStart))
	})
}

// invites lists those that still work, the newest first.
func (st *store) invites(now time.Time) ([]wire.Invite, error) {
	rows, err := st.db.Query(`SELECT id, uses, used, expires FROM invites WHERE expires > ? AND used < uses
		ORDER BY created DESC`, now.UnixNano())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []wire.Invite
	for rows.Next() {
		var i wire.Invite
		if err := rows.Scan(&i.ID, &i.Uses, &i.Used, &i.Expires); err != nil {
			return nil, err
		}
		i.Expires /= int64(time.Second)
		out = append(out, i)
	}
	return out, rows.Err()
}

func (st *store) revokeInvite(id string) error {
	err := st.one("DELETE FROM invites WHERE id = ?", id)
	if errors.Is(err, sql.ErrNoRows) {
		return wire.Errorf(wire.NotFound, "There is no such invite.")
	}
	return err
}

// addMissed keeps a call for a user. Where there are wire.MaxMissed already the oldest goes.
func (st *store) addMissed(to string, m wire.Missed) error {
	return st.update(func(tx *sql.Tx) error {
		_, err := tx.Exec("INSERT INTO missed (callee, call, caller, at, video, why) VALUES (?, ?, ?, ?, ?, ?)",
			to, m.Call, m.User, time.Unix(m.At, 0).UnixNano(), m.Video, m.Why)
		if err == nil {
			_, err = tx.Exec(`DELETE FROM missed WHERE callee = ?1 AND rowid NOT IN
				(SELECT rowid FROM missed WHERE callee = ?1 ORDER BY rowid DESC LIMIT ?2)`, to, wire.MaxMissed)
		}
		return err
	})
}

// missed lists a user's calls, the oldest first, under the callers' present names.
func (st *store) missed(of string) ([]wire.Missed, error) {
	out := []wire.Missed{}
	rows, err := st.db.Query(`SELECT call, caller, name, at, video, why FROM missed JOIN users ON id = caller
		WHERE callee = ? ORDER BY missed.rowid`, of)
	if err != nil {
		return out, err
	}
	defer rows.Close()
	for rows.Next() {
		var m wire.Missed
		if err := rows.Scan(&m.Call, &m.User, &m.Name, &m.At, &m.Video, &m.Why); err != nil {
			return out, err
		}
		m.At /= int64(time.Second)
		out = append(out, m)
	}
	return out, rows.Err()
}

func (st *store) forgetMissed(of string) error {
	_, err := st.db.Exec("DELETE FROM missed WHERE callee = ?", of)
	return err
}
