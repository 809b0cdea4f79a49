//! Finding damage: the database's own structure, and the proof log from its tiles to its signature.
//!
//! Everything here streams; the one thing whose size follows the log is [`LeafMap`], a bit a leaf.
//! What a leaf stands for (a version, a log line) is compared by the statements that know the rows.

use std::collections::{HashMap, HashSet};

use varanto_domain::archive::proof::{CheckpointBody, Hash, Peaks};

use crate::engine::{Row, params};
use crate::keys::verified_note;
use crate::proof_log::{TILE_HEIGHT, TILE_WIDTH, Tiles, full_root, read_tile, stored, unstored};
use crate::{ReadTx, StoreError};

/// Something that is not as it was sealed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Damage {
    /// Where: a table and row, or a tile as `tile <level>/<number>`, perhaps with an entry.
    pub place: String,
    /// What is wrong there.
    pub what: String,
}

impl Damage {
    /// Damage at a place.
    #[must_use]
    pub fn at(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self { place: place.into(), what: what.into() }
    }
}

/// What the walk over the proof log found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogReport {
    /// How many leaves the newest checkpoint states.
    pub leaves: u64,
    /// How many checkpoints there are.
    pub checkpoints: u64,
    /// How many tiles were read.
    pub tiles: u64,
    /// What is not as it was sealed; empty when all is.
    pub damage: Vec<Damage>,
}

impl ReadTx<'_> {
    /// Lets the database check its pages, indexes and foreign keys. Reads the whole file.
    pub fn verify_database(&self) -> Result<Vec<Damage>, StoreError> {
        let found = self.session().check_itself()?;
        Ok(found.into_iter().map(|(place, what)| Damage::at(place, what)).collect())
    }

    /// Holds the tables and indexes of the file against those that this program makes.
    pub fn verify_schema(&self) -> Result<Vec<Damage>, StoreError> {
        let (made, mut kept) = (self.session().schema_as_made()?, self.session().schema()?);
        let mut damage = Vec::new();
        for (name, sql) in made {
            if kept.remove(&name) != Some(sql) {
                let place = format!("schema {}", String::from_utf8_lossy(&name));
                damage.push(Damage::at(place, "is not as this program makes it"));
            }
        }
        for name in kept.keys() {
            let place = format!("schema {}", String::from_utf8_lossy(name));
            damage.push(Damage::at(place, "is not of this program"));
        }
        Ok(damage)
    }

    /// Recomputes every level of the proof log and its root, and holds them against the newest signed
    /// checkpoint. `progress` is told how many tiles have been read so far.
    pub fn verify_log(&self, mut progress: impl FnMut(u64)) -> Result<LogReport, StoreError> {
        let mut damage = Vec::new();
        let checkpoints = self.verify_checkpoints(&mut damage)?;
        let leaves = checkpoints.leaves;
        let mut walk = Walk::over(self, leaves, damage);
        walk.stray_tiles()?;
        if let Some(body) = &checkpoints.newest {
            walk.doubt_the_end(body)?;
        }
        for level in (0..=top_level(leaves)).rev() {
            walk.level(level, &mut progress)?;
        }
        walk.blame_the_end();
        let (tiles, damage) = (walk.tiles, walk.damage);
        Ok(LogReport { leaves, checkpoints: checkpoints.count, tiles, damage })
    }

    /// Checks the order of the checkpoints and the newest one's signature.
    fn verify_checkpoints(&self, damage: &mut Vec<Damage>) -> Result<Checkpoints, StoreError> {
        const SQL: &str = "SELECT size, note FROM checkpoint ORDER BY size";
        let mut count = 0;
        let mut last: Option<(i64, Option<String>)> = None;
        self.each(SQL, [], |row| {
            if let Some((size, Some(_))) = &last {
                let place = format!("checkpoint {size}");
                damage.push(Damage::at(place, "is signed but not the newest"));
            }
            count += 1;
            let size = row.get(0)?;
            last = Some((size, row.get(1)?));
            Ok::<_, StoreError>(())
        })?;
        let (size, note) = last.unwrap_or_default();
        let public = self.keys().ring().public_key();
        let newest = note
            .and_then(|note| verified_note(self.origin(), &public, &note).map(str::to_owned))
            .and_then(|text| CheckpointBody::parse(&text))
            .filter(|body| i64::try_from(body.size) == Ok(size) && body.origin == self.origin());
        if newest.is_none() {
            let what = "is not signed by this store's key, or is missing";
            damage.push(Damage::at(format!("checkpoint {size}"), what));
        }
        Ok(Checkpoints { leaves: unstored(size)?, count, newest })
    }
}

/// What the table of checkpoints says.
struct Checkpoints {
    leaves: u64,
    count: u64,
    /// The newest one's statement, when its signature holds.
    newest: Option<CheckpointBody>,
}

/// The highest tile level that a log of some size has.
fn top_level(leaves: u64) -> u32 {
    leaves.checked_ilog2().unwrap_or(0) / TILE_HEIGHT
}

/// A walk over the tiles, from the highest level down, so that each tile is judged by an entry that
/// was itself judged before.
///
/// The last tile of each level, when it is not full, has no entry above it. All of those together
/// give the root, and so are sound when that is the signed one. Of an entry and a tile below it that
/// disagree, the tile is taken to be damaged unless the tile of the entry is doubted.
struct Walk<'a> {
    tx: &'a ReadTx<'a>,
    leaves: u64,
    doubted: HashSet<(u32, u64)>,
    /// Whether damage that explains a wrong root is still to be found.
    root_unexplained: bool,
    damage: Vec<Damage>,
    tiles: u64,
}

impl<'a> Walk<'a> {
    fn over(tx: &'a ReadTx<'a>, leaves: u64, damage: Vec<Damage>) -> Self {
        Self { tx, leaves, doubted: HashSet::new(), root_unexplained: false, damage, tiles: 0 }
    }

    /// How many entries a level has.
    fn entries(&self, level: u32) -> u64 {
        self.leaves >> (TILE_HEIGHT * level)
    }

    /// The last tile of each level that has one that is not full.
    fn unfilled(&self) -> impl Iterator<Item = (u32, u64)> + use<> {
        let leaves = self.leaves;
        (0..=top_level(leaves))
            .map(move |level| (level, leaves >> (TILE_HEIGHT * level)))
            .filter(|(_, entries)| entries % TILE_WIDTH > 0)
            .map(|(level, entries)| (level, entries / TILE_WIDTH))
    }

    fn report(&mut self, tile: (u32, u64), entry: Option<u64>, what: impl Into<String>) {
        let entry = entry.map(|entry| format!(", entry {entry}")).unwrap_or_default();
        let place = format!("tile {}/{}{entry}", tile.0, tile.1);
        self.damage.push(Damage::at(place, what));
        self.doubted.insert(tile);
        if self.unfilled().any(|unfilled| unfilled == tile) {
            self.root_unexplained = false;
        }
    }

    /// Finds tiles that a log of this size does not have.
    fn stray_tiles(&mut self) -> Result<(), StoreError> {
        const OF_LEVEL: &str = "SELECT level, number FROM tile
            WHERE level = ?1 AND (number < 0 OR number >= ?2) ORDER BY number";
        const OF_OTHERS: &str = "SELECT level, number FROM tile
            WHERE level < 0 OR level > ?1 ORDER BY level, number";
        let read = |row: &Row<'_>| Ok((row.get::<i64>(0)?, row.get::<i64>(1)?));
        let mut stray = self.tx.all(OF_OTHERS, [top_level(self.leaves)], read)?;
        for level in 0..=top_level(self.leaves) {
            let tiles = stored(self.entries(level).div_ceil(TILE_WIDTH));
            stray.extend(self.tx.all(OF_LEVEL, params![level, tiles], read)?);
        }
        for (level, number) in stray {
            self.damage.push(Damage::at(format!("tile {level}/{number}"), "lies outside the log"));
        }
        Ok(())
    }

    /// Holds the root that follows from the unfilled tiles against the signed one. When it is another,
    /// but would be the signed one if every entry were what the tile below gives, the entries are
    /// doubted; else the lowest unfilled tile is.
    fn doubt_the_end(&mut self, body: &CheckpointBody) -> Result<(), StoreError> {
        if self.root_is(body, Tiles::of(self.tx.session()))? {
            return Ok(());
        }
        let mut recomputed = Tiles::of(self.tx.session());
        for (level, number) in self.unfilled().filter(|(level, _)| *level > 0) {
            let entries = number * TILE_WIDTH..self.entries(level);
            let hashes: Result<Vec<Hash>, StoreError> =
                entries.map(|child| self.root_of_tile(level - 1, child)).collect();
            recomputed.put((level, number), hashes?);
        }
        if self.root_is(body, recomputed)? {
            self.doubted = self.unfilled().filter(|(level, _)| *level > 0).collect();
        } else {
            self.root_unexplained = true;
        }
        Ok(())
    }

    fn root_is(&self, body: &CheckpointBody, mut tiles: Tiles<'_>) -> Result<bool, StoreError> {
        match Peaks::of(self.leaves, |node| tiles.node(node)) {
            Ok(peaks) => Ok(peaks.root() == body.root),
            Err(StoreError::Damaged(_)) => Ok(false),
            Err(other) => Err(other),
        }
    }

    /// What a full tile gives; a tile that is not whole gives a hash that nothing agrees with.
    fn root_of_tile(&self, level: u32, number: u64) -> Result<Hash, StoreError> {
        let hashes = self.whole_tile(level, number, TILE_WIDTH)?;
        Ok(hashes.map_or([0; 32], |hashes| full_root(&hashes)))
    }

    /// Checks all tiles of one level against the entries of the level above.
    fn level(&mut self, level: u32, progress: &mut impl FnMut(u64)) -> Result<(), StoreError> {
        let entries = self.entries(level);
        let mut above = Above::default();
        for number in 0..entries.div_ceil(TILE_WIDTH) {
            let expected = (entries - number * TILE_WIDTH).min(TILE_WIDTH);
            let hashes = self.whole_tile(level, number, expected)?;
            self.tiles += 1;
            progress(self.tiles);
            match hashes {
                None => {
                    let what = format!("is missing or does not hold {expected} hashes");
                    self.report((level, number), None, what);
                }
                Some(hashes) if expected == TILE_WIDTH => {
                    let entry = above.entry(self.tx, level + 1, number)?;
                    self.judge(level, number, full_root(&hashes), entry);
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    /// A tile, if it has as many hashes as it should.
    fn whole_tile(
        &self,
        level: u32,
        number: u64,
        hashes: u64,
    ) -> Result<Option<Vec<Hash>>, StoreError> {
        const SQL: &str = "SELECT length(hashes) FROM tile WHERE level = ?1 AND number = ?2";
        let bytes: Option<i64> =
            self.tx.optional(SQL, params![level, stored(number)], |row| row.get(0))?;
        if bytes == Some(stored(hashes * 32)) {
            read_tile(self.tx.session(), level, number).map(Some)
        } else {
            Ok(None)
        }
    }

    /// Compares a full tile with the entry above it, and says which of the two is damaged.
    fn judge(&mut self, level: u32, number: u64, root: Hash, entry: Option<Hash>) {
        let above = (level + 1, number / TILE_WIDTH);
        let at = number % TILE_WIDTH;
        if entry == Some(root) {
            return;
        }
        if self.doubted.contains(&above) {
            self.report(above, Some(at), format!("is not what tile {level}/{number} gives"));
        } else {
            let what = format!("does not give entry {at} of tile {}/{}", above.0, above.1);
            self.report((level, number), None, what);
        }
    }

    /// Every entry agrees with the tile below it, and yet the root is another: the damage is in the
    /// lowest unfilled tile, whose entries nothing else bears out.
    fn blame_the_end(&mut self) {
        if !self.root_unexplained {
            return;
        }
        match self.unfilled().next() {
            Some(tile) => self.report(tile, None, "does not give the signed root"),
            None => self.damage.push(Damage::at("checkpoint", "has another root than the log")),
        }
    }
}

/// The tile above the one at hand, read once for its 256 children.
#[derive(Default)]
struct Above {
    number: Option<u64>,
    hashes: Vec<Hash>,
}

impl Above {
    fn entry(
        &mut self,
        tx: &ReadTx<'_>,
        level: u32,
        child: u64,
    ) -> Result<Option<Hash>, StoreError> {
        let number = child / TILE_WIDTH;
        if self.number != Some(number) {
            self.hashes = read_tile(tx.session(), level, number)?;
            self.number = Some(number);
        }
        let at = usize::try_from(child % TILE_WIDTH).expect("under 256");
        Ok(self.hashes.get(at).copied())
    }
}

/// Reads leaves in any order, keeping the tiles lately used: for holding every version and log line
/// against its leaf.
pub struct LeafReader<'a> {
    tx: &'a ReadTx<'a>,
    tiles: HashMap<u64, Vec<Hash>>,
}

impl<'a> LeafReader<'a> {
    /// At most 8 MiB of tiles are kept.
    const KEPT: usize = 1024;

    /// A reader over one snapshot.
    #[must_use]
    pub fn of(tx: &'a ReadTx<'a>) -> Self {
        Self { tx, tiles: HashMap::new() }
    }

    /// The hash of a leaf, or `None` when the log has no such leaf.
    pub fn leaf(&mut self, index: u64) -> Result<Option<Hash>, StoreError> {
        let number = index / TILE_WIDTH;
        if !self.tiles.contains_key(&number) {
            if self.tiles.len() == Self::KEPT {
                self.tiles.clear();
            }
            self.tiles.insert(number, read_tile(self.tx.session(), 0, number)?);
        }
        let at = usize::try_from(index % TILE_WIDTH).expect("under 256");
        Ok(self.tiles.get(&number).and_then(|tile| tile.get(at)).copied())
    }
}

/// Which leaves have been accounted for by a row; one bit a leaf.
pub struct LeafMap {
    leaves: u64,
    bits: Vec<u64>,
}

/// What accounting for a leaf told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Accounted {
    /// No other row had claimed the leaf.
    First,
    /// Another row has claimed it before.
    Again,
    /// The log has no such leaf.
    Outside,
}

impl LeafMap {
    /// A map for a log of so many leaves, none of them accounted for.
    #[must_use]
    pub fn of(leaves: u64) -> Self {
        let words = usize::try_from(leaves.div_ceil(64)).expect("a bit a leaf fits in memory");
        Self { leaves, bits: vec![0; words] }
    }

    /// Notes that a row stands behind a leaf.
    pub fn account(&mut self, leaf: u64) -> Accounted {
        if leaf >= self.leaves {
            return Accounted::Outside;
        }
        let word = &mut self.bits[usize::try_from(leaf / 64).expect("checked against the size")];
        let bit = 1 << (leaf % 64);
        let before = *word & bit;
        *word |= bit;
        if before == 0 { Accounted::First } else { Accounted::Again }
    }

    /// The leaves that no row stands behind, in order.
    pub fn unaccounted(&self) -> impl Iterator<Item = u64> {
        (0..self.leaves).filter(|leaf| {
            let word = self.bits[usize::try_from(leaf / 64).expect("the map has a bit for each")];
            word >> (leaf % 64) & 1 == 0
        })
    }
}

#[cfg(test)]
mod tests;
