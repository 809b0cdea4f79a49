//! Integrity proofs: the arithmetic of an append-only Merkle log.
//!
//! Every version and every log line is a leaf. A leaf holds salted digests only, so the log says
//! nothing about anybody, and a record can be destroyed with its salt while the tree stays whole.
//!
//! Source: design D7; RFC 9162 section 2.1 (hashing, inclusion, consistency); C2SP tlog-checkpoint.

use std::fmt;

use sha2::{Digest, Sha256};

/// A SHA-256 digest.
pub type Hash = [u8; 32];

/// The salt of one digest. Whoever does not know it can test no guess against the digest.
pub type Salt = [u8; 16];

/// The hash of a leaf: SHA-256 over a zero byte and the leaf's data (RFC 9162 2.1.1).
#[must_use]
pub fn leaf_hash(data: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(data).finalize().into()
}

/// The hash of an inner node: SHA-256 over a one byte and both children (RFC 9162 2.1.1).
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The root of a log without leaves: SHA-256 of nothing (RFC 9162 2.1.1).
#[must_use]
pub fn empty_root() -> Hash {
    Sha256::digest([]).into()
}

/// The SHA-256 of bytes.
#[must_use]
pub fn sha256(bytes: &[u8]) -> Hash {
    Sha256::digest(bytes).into()
}

/// The digest of bytes that must not be guessed from it: SHA-256 over the salt and the bytes.
#[must_use]
pub fn salted(salt: &Salt, bytes: &[u8]) -> Hash {
    Sha256::new().chain_update(salt).chain_update(bytes).finalize().into()
}

/// The leaf of one version of a document, from the [`salted`] digests of its content and metadata.
#[must_use]
pub fn version_leaf(content: &Hash, metadata: &Hash) -> Hash {
    leaf_hash(&[b"varanto/version/1\n", content.as_slice(), metadata].concat())
}

/// The leaf of one log line, from the [`salted`] digest of the line.
#[must_use]
pub fn log_leaf(line: &Hash) -> Hash {
    leaf_hash(&[b"varanto/log/1\n", line.as_slice()].concat())
}

/// A node over `2^level` leaves: those from `index * 2^level` on. All of them exist.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Node {
    /// How many times a leaf was paired up.
    pub level: u32,
    /// The running number of the node in its level, from the left, from nought.
    pub index: u64,
}

/// The full subtrees that a log of some size is made of, largest first, and what they hash up to.
///
/// Made once for a size, it answers the root and the inclusion path of every leaf without hashing.
#[derive(Clone, Debug)]
pub struct Peaks {
    size: u64,
    full: Vec<(Node, Hash)>,
    /// For each peak, the hash over itself and everything to the right of it.
    tails: Vec<Hash>,
}

impl Peaks {
    /// The peaks of a log of `size` leaves, whose full nodes `hash_of` knows.
    ///
    /// # Errors
    /// The first error of `hash_of`.
    pub fn of<E>(size: u64, mut hash_of: impl FnMut(Node) -> Result<Hash, E>) -> Result<Self, E> {
        let mut peaks: Vec<(Node, Hash)> = Vec::with_capacity(size.count_ones() as usize);
        let mut start = 0u64;
        for level in (0..u64::BITS).rev().filter(|level| size >> level & 1 == 1) {
            let node = Node { level, index: start >> level };
            peaks.push((node, hash_of(node)?));
            start += 1 << level;
        }
        let mut tails: Vec<Hash> = Vec::with_capacity(peaks.len());
        for (_, hash) in peaks.iter().rev() {
            let tail = tails.last().map_or(*hash, |right| node_hash(hash, right));
            tails.push(tail);
        }
        tails.reverse();
        Ok(Self { size, full: peaks, tails })
    }

    /// How many leaves the log has.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root of the log.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.tails.first().copied().unwrap_or_else(empty_root)
    }

    /// The hashes that lead from leaf `index` to the root, from the leaf upwards. Empty for a leaf
    /// that the log does not have, and for the only leaf of a log.
    ///
    /// # Errors
    /// The first error of `hash_of`.
    pub fn inclusion<E>(
        &self,
        index: u64,
        mut hash_of: impl FnMut(Node) -> Result<Hash, E>,
    ) -> Result<Vec<Hash>, E> {
        let under = |(node, _): &(Node, Hash)| index >> node.level == node.index;
        let Some(at) = self.full.iter().position(under) else {
            return Ok(Vec::new());
        };
        let height = self.full[at].0.level;
        let mut path = Vec::with_capacity(height as usize + at + 1);
        for level in 0..height {
            path.push(hash_of(Node { level, index: index >> level ^ 1 })?);
        }
        path.extend(self.tails.get(at + 1));
        path.extend(self.full[..at].iter().rev().map(|(_, hash)| hash));
        Ok(path)
    }
}

/// The hashes that show a log of `from` leaves to be the beginning of the log of `to` leaves.
/// Empty when the sizes are the same, or `from` is nought or more than `to`.
///
/// # Errors
/// The first error of `hash_of`, which knows the full nodes of the longer log.
///
/// Source: RFC 9162 2.1.4.1.
pub fn consistency<E>(
    from: u64,
    to: u64,
    mut hash_of: impl FnMut(Node) -> Result<Hash, E>,
) -> Result<Vec<Hash>, E> {
    let mut path = Vec::new();
    if from == 0 || from >= to {
        return Ok(path);
    }
    let (mut low, mut high, mut whole) = (0, to, true);
    while from != high {
        let middle = low + split(high - low);
        if from <= middle {
            path.push(range_root(middle, high, &mut hash_of)?);
            high = middle;
        } else {
            path.push(range_root(low, middle, &mut hash_of)?);
            low = middle;
            whole = false;
        }
    }
    if !whole {
        path.push(range_root(low, high, &mut hash_of)?);
    }
    path.reverse();
    Ok(path)
}

/// The largest power of two under `size`, which is at least two.
fn split(size: u64) -> u64 {
    1 << (size - 1).ilog2()
}

fn range_root<E>(
    low: u64,
    high: u64,
    hash_of: &mut impl FnMut(Node) -> Result<Hash, E>,
) -> Result<Hash, E> {
    let size = high - low;
    if size.is_power_of_two() {
        let level = size.ilog2();
        return hash_of(Node { level, index: low >> level });
    }
    let middle = low + split(size);
    let left = range_root(low, middle, hash_of)?;
    let right = range_root(middle, high, hash_of)?;
    Ok(node_hash(&left, &right))
}

/// The root that leaf `index` and its path lead to, or `None` when a path of that length cannot
/// belong to a log of `size` leaves.
///
/// Source: RFC 9162 2.1.3.2.
#[must_use]
pub fn root_from_inclusion(index: u64, size: u64, leaf: &Hash, path: &[Hash]) -> Option<Hash> {
    if index >= size {
        return None;
    }
    let mut climb = Climb { at: index, last: size - 1 };
    let mut hash = *leaf;
    for sibling in path {
        hash = match climb.step()? {
            Side::Left => node_hash(sibling, &hash),
            Side::Right => node_hash(&hash, sibling),
        };
    }
    (climb.last == 0).then_some(hash)
}

/// Whether `path` shows that the log of `from` leaves with root `first` is the beginning of the log
/// of `to` leaves with root `second`. The empty log begins every log.
///
/// Source: RFC 9162 2.1.4.2.
#[must_use]
pub fn verify_consistency(
    (from, first): (u64, &Hash),
    (to, second): (u64, &Hash),
    path: &[Hash],
) -> bool {
    if from == to {
        return path.is_empty() && first == second;
    }
    if from == 0 {
        return path.is_empty() && *first == empty_root();
    }
    if from > to {
        return false;
    }
    consistent_roots(from, to, first, path)
        .is_some_and(|(old, new)| old == *first && new == *second)
}

/// The roots of the shorter and of the longer log that a path leads to.
fn consistent_roots(from: u64, to: u64, first: &Hash, path: &[Hash]) -> Option<(Hash, Hash)> {
    let (start, rest) = if from.is_power_of_two() { (first, path) } else { path.split_first()? };
    let mut climb = Climb { at: from - 1, last: to - 1 };
    while climb.at & 1 == 1 {
        climb.up();
    }
    let (mut old, mut new) = (*start, *start);
    for sibling in rest {
        match climb.step()? {
            Side::Left => {
                old = node_hash(sibling, &old);
                new = node_hash(sibling, &new);
            }
            Side::Right => new = node_hash(&new, sibling),
        }
    }
    (climb.last == 0).then_some((old, new))
}

/// Where a walk from a leaf to the root stands: the node's number in its level and the last one's.
struct Climb {
    at: u64,
    last: u64,
}

/// On which side of the node its sibling stands.
enum Side {
    Left,
    Right,
}

impl Climb {
    /// Takes one sibling of the path; `None` when the root was reached before.
    fn step(&mut self) -> Option<Side> {
        if self.last == 0 {
            return None;
        }
        let side = if self.at & 1 == 1 || self.at == self.last {
            while self.at & 1 == 0 {
                self.up();
            }
            Side::Left
        } else {
            Side::Right
        };
        self.up();
        Some(side)
    }

    fn up(&mut self) {
        self.at >>= 1;
        self.last >>= 1;
    }
}

/// One leaf with the way from it to the root of a log of some size.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LeafProof {
    /// The number of the leaf in the log, from nought.
    pub index: u64,
    /// The hash of the leaf.
    pub leaf: Hash,
    /// The siblings from the leaf upwards.
    pub path: Vec<Hash>,
}

impl LeafProof {
    /// The root this proof leads to in a log of `size` leaves; see [`root_from_inclusion`].
    #[must_use]
    pub fn root(&self, size: u64) -> Option<Hash> {
        root_from_inclusion(self.index, size, &self.leaf, &self.path)
    }
}

/// What a checkpoint states: the log of this name has this many leaves and this root.
///
/// Its text is the body of a C2SP checkpoint: three lines, each ended. `Display` prints it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CheckpointBody {
    /// The name of the log, unique in the world; no spaces at its ends, no line breaks.
    pub origin: String,
    /// How many leaves the log has.
    pub size: u64,
    /// The root of the log at that size.
    pub root: Hash,
}

impl CheckpointBody {
    /// Reads the three lines; further lines are refused, as are numbers with leading zeroes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = text.strip_suffix('\n')?.split('\n');
        let (origin, size, root) = (lines.next()?, lines.next()?, lines.next()?);
        if origin.is_empty() || lines.next().is_some() {
            return None;
        }
        let body =
            Self { origin: origin.into(), size: size.parse().ok()?, root: from_base64(root)? };
        (body.to_string() == text).then_some(body)
    }
}

impl fmt::Display for CheckpointBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}\n{}\n", self.origin, self.size, to_base64(&self.root))
    }
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// A hash in base64 (RFC 4648 section 4): 43 characters and one `=`.
#[must_use]
pub fn to_base64(hash: &Hash) -> String {
    let mut text = String::with_capacity(44);
    for three in hash.chunks(3) {
        let bits = three.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte));
        let bits = bits << (8 * (3 - three.len()));
        for sextet in 0..=three.len() {
            text.push(char::from(BASE64[(bits >> (18 - 6 * sextet) & 63) as usize]));
        }
    }
    text.push('=');
    text
}

/// The hash of a text that [`to_base64`] could have printed, else `None`.
#[must_use]
pub fn from_base64(text: &str) -> Option<Hash> {
    let sextets = text.strip_suffix('=').filter(|text| text.len() == 43)?;
    let mut bytes = Vec::with_capacity(33);
    for four in sextets.as_bytes().chunks(4) {
        let mut bits = 0u32;
        for letter in four {
            let value = BASE64.iter().position(|known| known == letter)?;
            bits = bits << 6 | u32::try_from(value).ok()?;
        }
        bits <<= 6 * (4 - four.len());
        bytes.extend_from_slice(&bits.to_be_bytes()[1..]);
    }
    let hash: Hash = bytes.get(..32)?.try_into().ok()?;
    (to_base64(&hash) == text).then_some(hash)
}

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, reason = "the logs of these tests are small")]
mod tests {
    use std::convert::Infallible;

    use proptest::prelude::*;

    use super::*;

    fn leaves(count: u64) -> Vec<Hash> {
        (0..count).map(|number| leaf_hash(&number.to_be_bytes())).collect()
    }

    /// The definition of RFC 9162 2.1.1, as slow as it reads.
    fn naive_root(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => empty_root(),
            [one] => *one,
            many => {
                let (left, right) = many.split_at(many.len().div_ceil(2).next_power_of_two());
                node_hash(&naive_root(left), &naive_root(right))
            }
        }
    }

    /// PATH of RFC 9162 2.1.3.1.
    fn naive_path(index: usize, leaves: &[Hash]) -> Vec<Hash> {
        if leaves.len() < 2 {
            return Vec::new();
        }
        let (left, right) = leaves.split_at(leaves.len().div_ceil(2).next_power_of_two());
        let (mut path, sibling) = if index < left.len() {
            (naive_path(index, left), naive_root(right))
        } else {
            (naive_path(index - left.len(), right), naive_root(left))
        };
        path.push(sibling);
        path
    }

    fn nodes(leaves: &[Hash]) -> impl FnMut(Node) -> Result<Hash, Infallible> {
        |node| {
            let (start, width) = ((node.index << node.level) as usize, 1usize << node.level);
            Ok(naive_root(&leaves[start..start + width]))
        }
    }

    #[test]
    fn the_hashes_are_those_of_the_standard() {
        let hex = |hash: Hash| hash.iter().fold(String::new(), |s, b| format!("{s}{b:02x}"));
        // The known answers of the first Certificate Transparency implementation.
        assert_eq!(
            hex(empty_root()),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        assert_eq!(
            hex(leaf_hash(&[])),
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
        );
        let two = node_hash(&leaf_hash(&[]), &leaf_hash(&[0]));
        assert_eq!(hex(two), "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125");
    }

    #[test]
    fn every_leaf_of_every_small_log_is_proven_and_nothing_else_is() {
        let all = leaves(70);
        for size in 1..=70usize {
            let log = &all[..size];
            let peaks = Peaks::of(size as u64, nodes(log)).unwrap();
            assert_eq!(peaks.root(), naive_root(log));
            for index in 0..size {
                let path = peaks.inclusion(index as u64, nodes(log)).unwrap();
                assert_eq!(path, naive_path(index, log));
                let (index, size) = (index as u64, size as u64);
                let leaf = &log[index as usize];
                assert_eq!(root_from_inclusion(index, size, leaf, &path), Some(peaks.root()));
                let wrong = root_from_inclusion(index ^ 1, size, leaf, &path);
                assert!(size == 1 || wrong != Some(peaks.root()));
                assert_eq!(root_from_inclusion(size, size, leaf, &path), None);
            }
        }
    }

    #[test]
    fn every_small_log_is_shown_to_begin_every_longer_one() {
        let all = leaves(40);
        for to in 0..=40u64 {
            for from in 0..=to {
                let (old, new) =
                    (naive_root(&all[..from as usize]), naive_root(&all[..to as usize]));
                let path = consistency(from, to, nodes(&all)).unwrap();
                assert!(verify_consistency((from, &old), (to, &new), &path), "{from} {to}");
                if from > 0 && from < to {
                    assert!(!verify_consistency((from, &new), (to, &new), &path));
                    assert!(!verify_consistency((from, &old), (to, &old), &path));
                    assert!(!verify_consistency(
                        (from, &old),
                        (to, &new),
                        &[&path[..], &[new]].concat()
                    ));
                    assert!(!verify_consistency((from, &old), (to, &new), &path[1..]));
                }
            }
        }
        assert!(!verify_consistency((5, &empty_root()), (4, &empty_root()), &[]));
    }

    proptest! {
        #[test]
        fn a_changed_path_proves_nothing(
            size in 2u64..200, pick in any::<u64>(), at in any::<usize>(), bit in 0usize..256,
        ) {
            let log = leaves(size);
            let index = pick % size;
            let peaks = Peaks::of(size, nodes(&log)).unwrap();
            let mut path = peaks.inclusion(index, nodes(&log)).unwrap();
            let at = at % path.len();
            path[at][bit / 8] ^= 1 << (bit % 8);
            prop_assert_ne!(
                root_from_inclusion(index, size, &log[index as usize], &path),
                Some(peaks.root())
            );
        }

        #[test]
        fn a_checkpoint_reads_back_as_it_was_printed(size in any::<u64>(), root in any::<Hash>()) {
            let body = CheckpointBody { origin: "archive.example/log".into(), size, root };
            prop_assert_eq!(CheckpointBody::parse(&body.to_string()), Some(body));
            prop_assert_eq!(from_base64(&to_base64(&root)), Some(root));
        }
    }

    #[test]
    fn a_checkpoint_has_one_spelling() {
        let root = to_base64(&empty_root());
        assert_eq!(root, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
        for bad in [
            String::new(),
            format!("log\n1\n{root}"),
            format!("log\n01\n{root}\n"),
            format!("log\n+1\n{root}\n"),
            format!("\n1\n{root}\n"),
            format!("log\n1\n{root}\nmore\n"),
            format!("log\n1\n{}\n", root.replace("FU=", "FV=")),
            format!("log\n1\n{}\n", &root[..43]),
        ] {
            assert_eq!(CheckpointBody::parse(&bad), None, "{bad:?}");
        }
    }
}
