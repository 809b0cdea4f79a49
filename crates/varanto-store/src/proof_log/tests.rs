use varanto_domain::archive::proof::{
    empty_root, leaf_hash, root_from_inclusion, verify_consistency,
};

use super::*;
use crate::store::tests::{Site, leaf, newest};
use crate::{Store, WriteTx};

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

fn append(store: &Store, numbers: std::ops::Range<u64>) -> Seal {
    let work = move |tx: &mut WriteTx<'_>| {
        for number in numbers.clone() {
            assert_eq!(tx.append_leaf(leaf(number)), number);
        }
        Ok::<_, StoreError>(())
    };
    store.write(work).unwrap().seal
}

#[test]
fn a_new_log_is_empty_and_signed() {
    let site = Site::new();
    let store = site.store();
    let checkpoint = newest(&store);
    assert_eq!((checkpoint.body.size, checkpoint.body.root), (0, empty_root()));
    let nothing = store.write(|_| Ok::<_, StoreError>(())).unwrap().seal;
    assert_eq!((&*nothing.checkpoint, nothing.leaves.len()), (&checkpoint, 0));
    assert!(store.read(|tx| tx.seal_of(0)).is_err());
}

#[test]
fn every_leaf_is_proven_at_every_size_over_the_borders_of_tiles() {
    let site = Site::new();
    let store = site.store();
    let leaves: Vec<Hash> = (0..600).map(leaf).collect();
    for number in 0..600 {
        let seal = append(&store, number..number + 1);
        let body = &seal.checkpoint.body;
        assert_eq!(body.root, naive_root(&leaves[..=usize::try_from(number).unwrap()]));
        assert_eq!(seal.leaves[0].root(body.size), Some(body.root));
    }
    store
        .read(|tx| {
            for size in 1..=600u64 {
                let root = naive_root(&leaves[..usize::try_from(size).unwrap()]);
                let border = size % 256 < 2 || size % 256 == 255 || size == 600;
                let step = if border { 1 } else { 41 };
                for index in (0..size).step_by(step).chain([size - 1]) {
                    let proof = tx.inclusion(index, size)?;
                    assert_eq!(proof.leaf, leaf(index));
                    assert_eq!(proof.root(size), Some(root), "{index} of {size}");
                }
                assert!(tx.inclusion(size, size).is_err());
            }
            assert!(tx.inclusion(0, 601).is_err(), "the log has not come so far");
            Ok::<_, StoreError>(())
        })
        .unwrap();
}

#[test]
fn every_size_is_shown_to_begin_later_ones() {
    let site = Site::new();
    let store = site.store();
    let leaves: Vec<Hash> = (0..600).map(leaf).collect();
    append(&store, 0..600);
    let root = |size: u64| naive_root(&leaves[..usize::try_from(size).unwrap()]);
    let sizes = [1, 2, 3, 100, 255, 256, 257, 400, 511, 512, 513, 599, 600];
    for from in sizes {
        for to in sizes.into_iter().filter(|to| *to >= from) {
            let path = store.read(|tx| tx.consistency(from, to)).unwrap();
            let (old, new) = (root(from), root(to));
            assert!(verify_consistency((from, &old), (to, &new), &path), "{from} {to}");
            assert!(from == to || !verify_consistency((from, &new), (to, &new), &path));
        }
    }
    assert!(store.read(|tx| tx.consistency(1, 601)).is_err());
}

/// ARC-15: a resent document is answered the very receipt it was answered first.
#[test]
fn a_receipt_is_given_again_as_it_was() {
    let site = Site::new();
    let store = site.store();
    let mut receipts = Vec::new();
    let mut next = 0;
    for many in [1, 3, 250, 2, 1, 600, 7, 256, 256, 1] {
        let seal = append(&store, next..next + many);
        assert_eq!(seal.leaves.len() as u64, many);
        receipts.push(seal);
        next += many;
    }
    drop(store);
    let store = site.store();
    for seal in receipts {
        for proof in seal.leaves {
            let (checkpoint, again) = store.read(|tx| tx.seal_of(proof.index)).unwrap();
            assert_eq!(checkpoint, *seal.checkpoint);
            assert_eq!(again, proof);
        }
    }
    let last = newest(&store);
    assert_eq!(last.body.size, next);
    assert_eq!(store.read(|tx| tx.checkpoint_at(next)).unwrap(), last);
    let public = site.ring.public_key();
    let text = crate::verified_note(&site.options.origin, &public, &last.note).unwrap();
    assert_eq!(CheckpointBody::parse(text), Some(last.body));
}

/// 65,536 leaves fill a tile of the second level.
#[test]
fn a_log_of_three_levels_is_sealed_proven_and_taken_up_again() {
    let site = Site::new();
    let mut store = site.store();
    let leaves: Vec<Hash> = (0..66_000).map(leaf).collect();
    let mut next = 0;
    for many in [10_000, 20_000, 35_535, 1, 1, 300, 163] {
        let seal = append(&store, next..next + many);
        next += many;
        let body = seal.checkpoint.body.clone();
        assert_eq!(
            (body.size, body.root),
            (next, naive_root(&leaves[..usize::try_from(next).unwrap()]))
        );
        for proof in seal.leaves.iter().step_by(997) {
            assert_eq!(proof.root(next), Some(body.root));
        }
        drop(store);
        store = site.store();
    }
    assert_eq!(next, 66_000);
    let root = naive_root(&leaves);
    for index in [0, 255, 256, 65_279, 65_535, 65_536, 65_999] {
        let proof = store.read(|tx| tx.inclusion(index, next)).unwrap();
        assert_eq!(root_from_inclusion(index, next, &leaf(index), &proof.path), Some(root));
    }
    let report = store.read(|tx| tx.verify_log(|_| {})).unwrap();
    assert_eq!((report.leaves, report.tiles, report.damage), (66_000, 258 + 2 + 1, vec![]));
}

#[test]
fn taking_leaves_back_leaves_the_log_as_it_was() {
    let site = Site::new();
    let store = site.store();
    append(&store, 0..300);
    let undone = store.write(|tx| {
        for number in 0..1000u64 {
            tx.append_leaf(leaf_hash(&number.to_le_bytes()));
        }
        Err::<(), _>(StoreError::Closed)
    });
    assert!(undone.is_err());
    let seal = append(&store, 300..301);
    let leaves: Vec<Hash> = (0..301).map(leaf).collect();
    assert_eq!(seal.checkpoint.body.root, naive_root(&leaves));
}
