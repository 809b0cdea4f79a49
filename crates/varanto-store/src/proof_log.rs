//! The proof log: leaves appended in a group, sealed by a signed checkpoint before it commits.
//!
//! On disk the log lies in tiles of 256 hashes (table `tile`). The writer keeps the rightmost tile of
//! each level, with its inner nodes, in memory: sealing then costs one node hash a leaf, and the
//! proof of a fresh leaf costs no hash and no read.

use std::sync::Arc;

use varanto_domain::archive::proof::{
    CheckpointBody, Hash, LeafProof, Node, Peaks, consistency, node_hash,
};
use varanto_domain::time::Instant;

use crate::engine::{Session, Statements, params};
use crate::keys::KeyRing;
use crate::{ReadTx, StoreError};

/// How many hashes a full tile holds.
pub const TILE_WIDTH: u64 = 256;
/// A tile of one level stands for a node this many levels up.
pub(crate) const TILE_HEIGHT: u32 = 8;
const HASH_BYTES: usize = 32;

/// A signed statement about the whole log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Checkpoint {
    /// What is stated.
    pub body: CheckpointBody,
    /// The statement as a C2SP signed note, for outsiders.
    pub note: String,
}

impl Checkpoint {
    /// Signs what is stated. The same statement gives the same note always.
    pub(crate) fn signed(ring: &KeyRing, body: CheckpointBody) -> Self {
        let note = ring.sign_note(&body.origin, &body.to_string());
        Self { body, note }
    }
}

/// What an operation gets once it is on disk: the checkpoint that covers its leaves, and the proof of
/// each, in the order it appended them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Seal {
    /// The checkpoint of the operation's group, or the newest one when the group added no leaf.
    pub checkpoint: Arc<Checkpoint>,
    /// The proofs, for [`Checkpoint::body`]'s size.
    pub leaves: Vec<LeafProof>,
}

/// The full nodes of one level from some node on.
#[derive(Default, Clone)]
struct Row {
    first: u64,
    hashes: Vec<Hash>,
}

impl Row {
    fn end(&self) -> u64 {
        self.first + self.hashes.len() as u64
    }

    fn get(&self, index: u64) -> Option<&Hash> {
        self.hashes.get(usize::try_from(index.checked_sub(self.first)?).ok()?)
    }
}

/// The growing end of the log, in the writer's memory.
pub(crate) struct Tail {
    size: u64,
    /// The log's size on disk.
    sealed: u64,
    rows: Vec<Row>,
}

impl Tail {
    /// Reads the end of a log of `size` leaves from its tiles.
    pub(crate) fn load(session: &Session, size: u64) -> Result<Self, StoreError> {
        let mut tail = Self { size, sealed: size, rows: vec![Row::default(); 64] };
        for tile_level in 0..u64::BITS / TILE_HEIGHT {
            let entries = size >> (TILE_HEIGHT * tile_level);
            let number = entries / TILE_WIDTH;
            let count = usize::try_from(entries % TILE_WIDTH).expect("under 256");
            let mut hashes = if count == 0 {
                Vec::new()
            } else {
                let tile = read_tile(session, tile_level, number)?;
                tile.get(..count).map(<[Hash]>::to_vec).ok_or_else(|| short(tile_level, number))?
            };
            for height in 0..TILE_HEIGHT {
                let level = tile_level * TILE_HEIGHT + height;
                let first = (number * TILE_WIDTH) >> height;
                let parents = hashes.chunks_exact(2).map(|two| node_hash(&two[0], &two[1]));
                let parents: Vec<Hash> = parents.collect();
                tail.rows[level as usize] = Row { first, hashes };
                hashes = parents;
            }
        }
        Ok(tail)
    }

    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    pub(crate) fn has_unsealed(&self) -> bool {
        self.size > self.sealed
    }

    /// Appends a leaf and answers its number.
    pub(crate) fn append(&mut self, leaf: Hash) -> u64 {
        let index = self.size;
        let (mut hash, mut at) = (leaf, index);
        for row in &mut self.rows {
            row.hashes.push(hash);
            if at & 1 == 0 {
                break;
            }
            let left = row.hashes[row.hashes.len() - 2];
            hash = node_hash(&left, &hash);
            at >>= 1;
        }
        self.size += 1;
        index
    }

    /// Takes back every leaf from number `size` on.
    pub(crate) fn truncate(&mut self, size: u64) {
        for (level, row) in self.rows.iter_mut().enumerate() {
            let count = (size >> level).saturating_sub(row.first);
            row.hashes.truncate(usize::try_from(count).unwrap_or(usize::MAX));
        }
        self.size = size;
    }

    /// Takes back every leaf that is not on disk.
    pub(crate) fn truncate_to_sealed(&mut self) {
        self.truncate(self.sealed);
    }

    /// Writes every tile that grew since the last seal.
    pub(crate) fn write_tiles(&self, session: &Session) -> Result<(), StoreError> {
        for tile_level in 0..u64::BITS / TILE_HEIGHT {
            let row = &self.rows[(tile_level * TILE_HEIGHT) as usize];
            let from = self.sealed >> (TILE_HEIGHT * tile_level);
            if row.end() == from {
                break;
            }
            for number in from / TILE_WIDTH..row.end().div_ceil(TILE_WIDTH) {
                let start = number * TILE_WIDTH - row.first;
                let end = (start + TILE_WIDTH).min(row.hashes.len() as u64);
                let range = in_memory(start)..in_memory(end);
                let full = range.len() as u64 == TILE_WIDTH;
                let hashes = row.hashes[range].as_flattened();
                session.write_tile((tile_level, stored(number)), hashes, full)?;
            }
        }
        Ok(())
    }

    pub(crate) fn peaks(&self) -> Result<Peaks, StoreError> {
        Peaks::of(self.size, |node| self.node(node))
    }

    /// The proof of a leaf that is not yet on disk, or of the last tile.
    pub(crate) fn prove(&self, peaks: &Peaks, index: u64) -> Result<LeafProof, StoreError> {
        let leaf = self.node(Node { level: 0, index })?;
        let path = peaks.inclusion(index, |node| self.node(node))?;
        Ok(LeafProof { index, leaf, path })
    }

    /// Notes that everything is on disk now, and forgets what later groups will not ask for.
    pub(crate) fn sealed(&mut self) {
        self.sealed = self.size;
        for (level, row) in (0u32..).zip(self.rows.iter_mut()) {
            let tile_level = level / TILE_HEIGHT;
            let number = (self.size >> (TILE_HEIGHT * tile_level)) / TILE_WIDTH;
            let first = (number * TILE_WIDTH) >> (level % TILE_HEIGHT);
            row.hashes.drain(..in_memory(first - row.first));
            row.first = first;
        }
    }

    fn node(&self, node: Node) -> Result<Hash, StoreError> {
        self.rows
            .get(node.level as usize)
            .and_then(|row| row.get(node.index))
            .copied()
            .ok_or_else(|| StoreError::Damaged(format!("proof log node {node:?} is not at hand")))
    }
}

fn in_memory(count: u64) -> usize {
    usize::try_from(count).expect("one group's tiles fit in memory")
}

fn short(level: u32, number: u64) -> StoreError {
    StoreError::Damaged(format!("tile {level}/{number} of the proof log is missing or too short"))
}

/// A number that SQLite keeps: sizes of the log stay far under 2^63.
pub(crate) fn stored(number: u64) -> i64 {
    i64::try_from(number).expect("the log has fewer than 2^63 leaves")
}

pub(crate) fn unstored(number: i64) -> Result<u64, StoreError> {
    u64::try_from(number).map_err(|_| StoreError::Damaged("a negative leaf number".into()))
}

/// The hashes of a tile; none when the tile is missing.
pub(crate) fn read_tile(
    session: &Session,
    level: u32,
    number: u64,
) -> Result<Vec<Hash>, StoreError> {
    const SQL: &str = "SELECT hashes FROM tile WHERE level = ?1 AND number = ?2";
    let hashes = session.optional(SQL, params![level, stored(number)], |row| {
        Ok(row.get::<&[u8]>(0)?.as_chunks::<HASH_BYTES>().0.to_vec())
    })?;
    Ok(hashes.unwrap_or_default())
}

/// Keeps a checkpoint as the newest one; `by`: who sealed it, where others may have the store open, too, and the last key
/// that was given.
pub(crate) fn insert_checkpoint(
    session: &Session,
    checkpoint: &Checkpoint,
    now: Instant,
    by: Option<(&str, i64)>,
) -> Result<(), StoreError> {
    const UNSIGN: &str =
        "UPDATE checkpoint SET note = NULL WHERE size = (SELECT max(size) FROM checkpoint)";
    const SQL: &str = "INSERT INTO checkpoint (size, sealed_at, note, writer, last_key)
        VALUES (?1, ?2, ?3, ?4, ?5)";
    let (writer, last_key) = by.unzip();
    let size = stored(checkpoint.body.size);
    session.execute(UNSIGN, [])?;
    session.execute(SQL, params![size, now.millis(), checkpoint.note, writer, last_key])?;
    Ok(())
}

/// Hashes of full nodes, read from tiles; the tiles of one proof are read once.
pub(crate) struct Tiles<'a> {
    session: &'a Session,
    read: Vec<((u32, u64), Vec<Hash>)>,
}

impl<'a> Tiles<'a> {
    /// More than one proof needs: two of each level.
    const KEPT: usize = 32;

    pub(crate) fn of(session: &'a Session) -> Self {
        Self { session, read: Vec::new() }
    }

    /// Puts hashes in place of a tile's.
    pub(crate) fn put(&mut self, tile: (u32, u64), hashes: Vec<Hash>) {
        self.read.push((tile, hashes));
    }

    pub(crate) fn node(&mut self, node: Node) -> Result<Hash, StoreError> {
        let (tile_level, height) = (node.level / TILE_HEIGHT, node.level % TILE_HEIGHT);
        let start = node.index << height;
        let number = start / TILE_WIDTH;
        let from = in_memory(start % TILE_WIDTH);
        self.tile(tile_level, number)?
            .get(from..from + (1 << height))
            .map(full_root)
            .ok_or_else(|| short(tile_level, number))
    }

    fn tile(&mut self, level: u32, number: u64) -> Result<&[Hash], StoreError> {
        let known = self.read.iter().position(|(place, _)| *place == (level, number));
        if let Some(at) = known {
            return Ok(&self.read[at].1);
        }
        if self.read.len() >= Self::KEPT {
            self.read.remove(0);
        }
        self.read.push(((level, number), read_tile(self.session, level, number)?));
        Ok(&self.read[self.read.len() - 1].1)
    }
}

/// The root over a power of two of hashes.
pub(crate) fn full_root(hashes: &[Hash]) -> Hash {
    match hashes {
        [one] => *one,
        many => {
            let (left, right) = many.split_at(many.len() / 2);
            node_hash(&full_root(left), &full_root(right))
        }
    }
}

impl ReadTx<'_> {
    /// The newest checkpoint.
    pub fn newest_checkpoint(&self) -> Result<Checkpoint, StoreError> {
        const SQL: &str = "SELECT size, note FROM checkpoint ORDER BY size DESC LIMIT 1";
        let (size, note): (i64, Option<String>) =
            self.one(SQL, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let body = note.as_deref().and_then(|note| {
            let (text, _) = note.split_once("\n\n")?;
            CheckpointBody::parse(&format!("{text}\n"))
        });
        match (body, note) {
            (Some(body), Some(note)) if body.size == unstored(size)? => {
                Ok(Checkpoint { body, note })
            }
            _ => Err(StoreError::Damaged("the newest checkpoint's note".into())),
        }
    }

    /// How many leaves the proof log has.
    pub fn log_size(&self) -> Result<u64, StoreError> {
        unstored(self.one("SELECT max(size) FROM checkpoint", [], |row| row.get(0))?)
    }

    /// The checkpoint that the log had at a size, signed anew: the very same note, as long as the
    /// signing key is.
    pub fn checkpoint_at(&self, size: u64) -> Result<Checkpoint, StoreError> {
        let root = self.peaks_at(size)?.root();
        let body = CheckpointBody { origin: self.origin().into(), size, root };
        Ok(Checkpoint::signed(self.keys().ring(), body))
    }

    /// The receipt of a leaf: the first checkpoint that covers it, with the leaf's proof. It is what
    /// the operation that appended the leaf was answered, so a resent document gets the same again.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] for a leaf that the log does not have.
    pub fn seal_of(&self, leaf: u64) -> Result<(Checkpoint, LeafProof), StoreError> {
        const SQL: &str = "SELECT size FROM checkpoint WHERE size > ?1 ORDER BY size LIMIT 1";
        let size: Option<i64> = self.optional(SQL, [stored(leaf)], |row| row.get(0))?;
        let size =
            size.ok_or_else(|| StoreError::Damaged(format!("no checkpoint for leaf {leaf}")))?;
        let size = unstored(size)?;
        Ok((self.checkpoint_at(size)?, self.inclusion(leaf, size)?))
    }

    /// The proof of a leaf in the log at a size.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when the log had no such leaf at that size, or has not come to it.
    pub fn inclusion(&self, leaf: u64, size: u64) -> Result<LeafProof, StoreError> {
        if leaf >= size {
            return Err(StoreError::Damaged(format!("leaf {leaf} lies outside a log of {size}")));
        }
        let mut tiles = Tiles::of(self.session());
        let peaks = Peaks::of(size, |node| tiles.node(node))?;
        let path = peaks.inclusion(leaf, |node| tiles.node(node))?;
        let hash = tiles.node(Node { level: 0, index: leaf })?;
        Ok(LeafProof { index: leaf, leaf: hash, path })
    }

    /// The proof that the log at size `from` is the beginning of the log at size `to`.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when the log has not come to `to`.
    pub fn consistency(&self, from: u64, to: u64) -> Result<Vec<Hash>, StoreError> {
        let mut tiles = Tiles::of(self.session());
        consistency(from, to, |node| tiles.node(node))
    }

    /// The hash of a leaf, or `None` when the log has no such leaf.
    pub fn leaf_hash(&self, index: u64) -> Result<Option<Hash>, StoreError> {
        let tile = read_tile(self.session(), 0, index / TILE_WIDTH)?;
        Ok(tile.get(in_memory(index % TILE_WIDTH)).copied())
    }

    fn peaks_at(&self, size: u64) -> Result<Peaks, StoreError> {
        let mut tiles = Tiles::of(self.session());
        Peaks::of(size, |node| tiles.node(node))
    }
}

#[cfg(test)]
mod tests;
