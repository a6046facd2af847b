package server

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite" // the database driver, pure Go
)

// store is everything that lasts: a SQLite database in DIR. What it has returned from is on the disk (synchronous=FULL):
// neither kill -9 nor a power cut undoes it.
//
// The database is its own lock. In exclusive locking mode the one connection holds the file's lock from its first
// statement to its end, and the kernel drops it with the process, so nothing stale stays behind.
type store struct {
	db *sql.DB
}

const (
	databaseFile  = "parley.db"
	schemaVersion = 2
	// applicationID stands in the file's header, so that another program's database is not taken for ours: "PRLY".
	applicationID = 0x50524c59

	resultBusy  = 5  // SQLITE_BUSY
	resultNotDB = 26 // SQLITE_NOTADB
)

// What may be wrong with a data folder. They arrive wrapped; use errors.Is.
var (
	ErrInUse  = errors.New("the data folder is in use by another Parley server")
	ErrNewer  = errors.New("the data folder was written by a newer version of Parley")
	ErrNotOur = errors.New("the data folder's " + databaseFile + " is not a Parley database")
)

// schema is version 1; migrations brings it to schemaVersion.
const schema = `
CREATE TABLE meta (
	name  TEXT PRIMARY KEY,
	value BLOB NOT NULL
) STRICT;
CREATE TABLE users (
	id      TEXT PRIMARY KEY,
	key     BLOB NOT NULL,
	name    TEXT NOT NULL,
	role    TEXT NOT NULL,
	created INTEGER NOT NULL,
	kicked  INTEGER NOT NULL DEFAULT 0 -- when, and 0 for a member; times are Unix nanoseconds
) STRICT;
CREATE TABLE channels (
	id       TEXT PRIMARY KEY,
	name     TEXT NOT NULL,
	position INTEGER NOT NULL
) STRICT;
CREATE TABLE invites (
	id       TEXT PRIMARY KEY,
	hash     BLOB NOT NULL UNIQUE,       -- SHA-256 of the secret: who reads the file can't come in
	uses     INTEGER NOT NULL,
	used     INTEGER NOT NULL DEFAULT 0,
	created  INTEGER NOT NULL,
	expires  INTEGER NOT NULL,
	at_start INTEGER NOT NULL            -- made by the server itself, not by a person
) STRICT;
`

// migrations bring a database of a version, from 1, to the next one. What a release has shipped is never changed.
var migrations = []string{
	`CREATE TABLE missed ( -- calls, until they were seen; the oldest has the smallest rowid
		callee TEXT NOT NULL,
		call   TEXT NOT NULL, -- as the caller made it up: it need not be unique
		caller TEXT NOT NULL,
		at     INTEGER NOT NULL,
		video  INTEGER NOT NULL,
		why    TEXT NOT NULL
	) STRICT;
	CREATE INDEX missed_callee ON missed (callee)`,
}

// firstChannels are what every server begins with.
const firstChannels = `INSERT INTO channels (id, name, position) VALUES (?, 'General', 0), (?, 'Games', 1)`

// openStore opens DIR's database, making both where they are missing.
func openStore(dir string) (*store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	path, err := filepath.Abs(filepath.Join(dir, databaseFile))
	if err != nil {
		return nil, fmt.Errorf("find the data folder: %w", err)
	}
	// Made here and not by SQLite, which would let everybody read it; its side files take the mode of the database.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	f.Close()
	db, err := sql.Open("sqlite", dataSource(path))
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	db.SetMaxOpenConns(1) // a second connection would meet the first one's lock
	st := &store{db}
	if err := st.update(prepare); err != nil {
		st.close()
		return nil, fmt.Errorf("open the database: %w", explain(err))
	}
	return st, nil
}

func dataSource(path string) string {
	path = filepath.ToSlash(path)
	if path[0] != '/' { // C:/...
		path = "/" + path
	}
	pragmas := url.Values{
		"_pragma": {"busy_timeout(500)", "locking_mode(EXCLUSIVE)", "journal_mode(WAL)", "synchronous(FULL)"},
		"_txlock": {"immediate"},
	}
	return (&url.URL{Scheme: "file", Path: path, RawQuery: pragmas.Encode()}).String()
}

// prepare takes the lock, checks whose database this is and of which version, and fills an empty one.
func prepare(tx *sql.Tx) error {
	var version, application, tables int
	if err := errors.Join(
		tx.QueryRow("PRAGMA user_version").Scan(&version),
		tx.QueryRow("PRAGMA application_id").Scan(&application),
		tx.QueryRow("SELECT count(*) FROM sqlite_schema").Scan(&tables),
	); err != nil {
		return err
	}
	switch {
	case tables == 0 && version == 0:
		_, err := tx.Exec(fmt.Sprintf("%s; PRAGMA application_id = %d", schema, applicationID))
		if err == nil {
			_, err = tx.Exec(firstChannels, newID(), newID())
		}
		if err != nil {
			return err
		}
		return migrate(tx, 1)
	case application != applicationID:
		return ErrNotOur
	case version > schemaVersion:
		return fmt.Errorf("%w (its database is version %d, this program knows %d)", ErrNewer, version, schemaVersion)
	case version < 1:
		return ErrNotOur
	}
	return migrate(tx, version)
}

// migrate brings a database of a version to schemaVersion.
func migrate(tx *sql.Tx, version int) error {
	for _, step := range migrations[version-1:] {
		if _, err := tx.Exec(step); err != nil {
			return err
		}
	}
	_, err := tx.Exec(fmt.Sprint("PRAGMA user_version = ", schemaVersion))
	return err
}

func explain(err error) error {
	var e interface{ Code() int }
	if errors.As(err, &e) {
		switch e.Code() & 0xff {
		case resultBusy:
			return ErrInUse
		case resultNotDB:
			return ErrNotOur
		}
	}
	return err
}

// update runs f in a transaction, which lasts when update has returned nil.
func (st *store) update(f func(*sql.Tx) error) error {
	tx, err := st.db.Begin()
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		tx.Rollback()
		return err
	}
	return tx.Commit()
}

// one runs a statement that must touch exactly one row.
func (st *store) one(query string, args ...any) error {
	return exactlyOne(st.db.Exec(query, args...))
}

func exactlyOne(r sql.Result, err error) error {
	if err != nil {
		return err
	}
	if n, err := r.RowsAffected(); err != nil || n != 1 {
		return fmt.Errorf("%d rows changed instead of one: %w", n, errors.Join(err, sql.ErrNoRows))
	}
	return nil
}

// meta reads a value; nil where there is none.
func (st *store) meta(name string) ([]byte, error) {
	var v []byte
	err := st.db.QueryRow("SELECT value FROM meta WHERE name = ?", name).Scan(&v)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return v, err
}

func (st *store) setMeta(name string, value []byte) error {
	return st.one("INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", name, value)
}

func (st *store) close() error { return st.db.Close() }
