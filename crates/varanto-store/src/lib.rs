//! The shelves: everything SQL, the proof log and the keys.
//!
//! [`Store`] is one database: a file of SQLite in a folder, or a database of PostgreSQL. Operations are synchronous
//! closures: [`Store::read`] gives them a snapshot ([`ReadTx`]), [`Store::write`] a turn on the one
//! writer ([`WriteTx`]), which makes many of them durable with one wait for the disk and answers none
//! before that. The rooms in reading order:
//!
//! * `engine`: the database beneath, and what goes into statements and comes out of rows;
//! * `store`, `writer`, `readers`, `tx`: one writer that commits groups, and many readers;
//! * `together`, `lead`: several programs over one database of a server;
//! * `migrations`: the schema;
//! * `keys`, `content`, `holes`: how contents are encrypted and compressed;
//! * `signatures`: what was found out about the signatures of versions;
//! * `drafts`: what people have begun to record;
//! * `persons`: what the population register says of clients;
//! * `corrections`: what is asked to be put right in documents;
//! * `statements`: what clients tell of themselves;
//! * `sessions`: who is logged in at the pages;
//! * `certificates`: by which systems come in, and which were revoked;
//! * `choices`: the producers that clients choose;
//! * `destruction`: holds, lists of what is to be destroyed, and what is left of what was;
//! * `reindex`: how what is derived from documents is made anew;
//! * `backup`: sealed snapshots in a folder elsewhere, and how they come back;
//! * `transfer`: all that is in one controller's register, on its way out;
//! * `taken_in`: what is kept of registers that came from another archive, beside them;
//! * `moving`: how all of it goes from one engine to the other;
//! * `proof_log`, `verify`: how it is proven that nothing was changed, and how damage is found.

mod backup;
mod certificates;
mod checksum;
mod choices;
mod clients;
mod content;
mod corrections;
mod delegations;
mod destruction;
mod documents;
mod drafts;
mod engine;
mod error;
mod holes;
mod identities;
mod keymaker;
mod keys;
mod lead;
mod log_lines;
mod metrics;
mod migrations;
mod moving;
mod notices;
mod oids;
mod openings;
mod persons;
mod proof_log;
mod readers;
mod register_files;
mod register_rows;
mod reindex;
mod rights;
mod roads;
mod search;
mod sessions;
mod signatures;
mod statements;
mod store;
mod taken_in;
mod tallies;
mod term_cache;
mod terms;
mod together;
mod transfer;
mod tx;
mod use_log;
mod users;
mod verify;
mod verify_rows;
mod wills;
mod writer;

pub use backup::{BackupFolder, Going, KeepRule, Point, Points, Pruned, Stopped, files_beside};
pub use certificates::CertificateRow;
pub use content::{Dictionary, Place, train_dictionary};
pub use corrections::Words;
pub use delegations::DelegationRow;
pub use destruction::{DestroyedFacts, Remains};
pub use documents::{
    InvalidationRow, NewVersion, SealedContent, SealedRecord, VersionEvidence, VersionRow,
};
pub use drafts::{DraftRow, NewDraft, SealedDraft};
pub use engine::ServerAddress;
pub use error::{Commits, StoreError};
pub use keymaker::KeyMaker;
pub use keys::{
    CHECKPOINT_SIGNING_FILE, DataKey, KEY_ENCRYPTION_FILE, KeyRing, Keys, verified_note,
};
pub use lead::Lead;
pub use log_lines::{LogFilter, LogPlace, LoggedVersion, OPERATOR};
pub use metrics::{COMMIT_BUCKETS_MICROS, StoreMetrics};
pub use moving::{Move, MovedTable, Moving};
pub use notices::{NoticeFilter, NoticeRow};
pub use openings::OpeningRow;
pub use persons::PersonRow;
pub use proof_log::{Checkpoint, Seal, TILE_WIDTH};
pub use register_files::{FileKind, FileMarks, RegisterFile};
pub use register_rows::{CaseRow, RelationshipRow};
pub use reindex::{Derive, Derived, DerivedRows, RegisterDocument, Reindexed};
pub use rights::RightRow;
pub use roads::RoadCounts;
pub use search::{After, Filter, Scope};
pub use sessions::{KeptSession, SessionFamily, SessionPerson, SessionSecret};
pub use signatures::{KeptSignatures, SealedSignatures};
pub use store::{DATABASE_FILE, Durable, LOCK_FILE, Store, StoreOptions};
pub use taken_in::Taken;
pub use tallies::{ArrivalRow, DelayRow, TallyRow, TurnedDownRow};
pub use transfer::{Invalidated, RegisterLine, RegisterSize, RegisterVersion, WholeVersion};
pub use tx::{ReadTx, WriteTx};
pub use use_log::{LineEvidence, REASON_CHARACTERS};
pub use users::{NewUserRight, UserLookup, UserRow};
pub use verify::{Accounted, Damage, LeafMap, LeafReader, LogReport};
pub use verify_rows::{JudgeVersion, ReadVersion, RowReport};
