use std::collections::BTreeSet;

use super::*;
use crate::engine::{Session, Statements};
use crate::store::tests::{Site, is_of, leaf};
use crate::{Store, WriteTx};

/// A store with a log of so many leaves, and a connection that can harm it.
fn log_of(leaves: u64) -> (Site, Store, Session) {
    let site = Site::new();
    let store = site.store();
    let work = move |tx: &mut WriteTx<'_>| {
        for number in 0..leaves {
            tx.append_leaf(leaf(number));
        }
        Ok::<_, StoreError>(())
    };
    store.write(work).unwrap();
    let conn = site.database();
    (site, store, conn)
}

fn places(store: &Store) -> BTreeSet<String> {
    let report = store.read(|tx| tx.verify_log(|_| {})).unwrap();
    report.damage.into_iter().map(|damage| damage.place).collect()
}

#[expect(
    clippy::redundant_closure_for_method_calls,
    reason = "the method alone is not general enough"
)]
fn database(store: &Store) -> Vec<Damage> {
    store.read(|tx| tx.verify_database()).unwrap()
}

fn tile(conn: &Session, level: u32, number: i64) -> Vec<u8> {
    let sql = "SELECT hashes FROM tile WHERE level = ?1 AND number = ?2";
    conn.one(sql, params![level, number], |row| row.get(0)).unwrap()
}

fn set_tile(conn: &Session, level: u32, number: i64, hashes: &[u8]) {
    let sql = "UPDATE tile SET hashes = ?3 WHERE level = ?1 AND number = ?2";
    assert_eq!(conn.execute(sql, params![level, number, hashes]).unwrap(), 1);
}

/// Flips bytes of a tile one at a time and asks for the name of what is found.
fn flip(conn: &Session, (level, number): (u32, i64), step: usize, check: impl Fn(usize)) {
    let sound = tile(conn, level, number);
    for at in (0..sound.len()).step_by(step).chain([sound.len() - 1]) {
        let mut changed = sound.clone();
        changed[at] ^= 0x10;
        set_tile(conn, level, number, &changed);
        check(at);
    }
    set_tile(conn, level, number, &sound);
}

#[test]
fn a_sound_log_has_no_damage() {
    for leaves in [0, 1, 255, 256, 257, 512, 600] {
        let (_site, store, _) = log_of(leaves);
        let report = store.read(|tx| tx.verify_log(|_| {})).unwrap();
        assert_eq!((report.leaves, report.damage), (leaves, vec![]));
        assert_eq!(database(&store), []);
    }
}

#[test]
fn a_flipped_byte_of_any_tile_is_found_and_the_tile_named() {
    let (_site, store, conn) = log_of(600);
    for number in 0..3 {
        flip(&conn, (0, number), 61, |at| {
            assert_eq!(places(&store), [format!("tile 0/{number}")].into(), "byte {at}");
        });
    }
    flip(&conn, (1, 0), 1, |at| {
        assert_eq!(places(&store), [format!("tile 1/0, entry {}", at / 32)].into());
    });
    assert_eq!(places(&store), BTreeSet::new());
}

#[test]
fn damage_is_named_in_a_log_of_three_levels() {
    let (_site, store, conn) = log_of(66_000);
    let only = |name: &str| assert_eq!(places(&store), [name.to_owned()].into());
    flip(&conn, (0, 17), 4099, |_| only("tile 0/17"));
    flip(&conn, (0, 257), 4099, |_| only("tile 0/257"));
    flip(&conn, (1, 1), 13, |at| only(&format!("tile 1/1, entry {}", at / 32)));
    flip(&conn, (2, 0), 13, |_| only("tile 2/0, entry 0"));
    // An entry of a full inner tile disagrees both with the tile above and with the one below.
    flip(&conn, (1, 0), 3001, |at| {
        let entry = format!("tile 1/0, entry {}", at / 32);
        assert_eq!(places(&store), ["tile 1/0".to_owned(), entry].into());
    });
}

#[test]
fn two_damaged_tiles_are_both_found() {
    let (_site, store, conn) = log_of(600);
    for number in [1, 2] {
        let mut changed = tile(&conn, 0, number);
        changed[40] ^= 1;
        set_tile(&conn, 0, number, &changed);
    }
    assert_eq!(places(&store), ["tile 0/1".to_owned(), "tile 0/2".to_owned()].into());
}

#[test]
fn missing_short_and_stray_tiles_are_named() {
    let (_site, store, conn) = log_of(600);
    let sound = tile(&conn, 0, 1);
    for changed in [&sound[..8160], &[&sound[..], &[0; 32]].concat(), &sound[..8191], &[]] {
        set_tile(&conn, 0, 1, changed);
        assert_eq!(places(&store), ["tile 0/1".to_owned()].into());
    }
    conn.execute("DELETE FROM tile WHERE level = 0 AND number = 1", []).unwrap();
    assert_eq!(places(&store), ["tile 0/1".to_owned()].into());
    let insert = "INSERT INTO tile VALUES (?1, ?2, ?3)";
    conn.execute(insert, params![0, 1, sound]).unwrap();
    for (level, number) in [(0, 3), (0, -1), (1, 1), (2, 0), (-1, 0), (9, 9)] {
        conn.execute(insert, params![level, number, vec![1u8; 32]]).unwrap();
        assert_eq!(places(&store), [format!("tile {level}/{number}")].into());
        conn.execute("DELETE FROM tile WHERE level = ?1 AND number = ?2", [level, number]).unwrap();
    }
    assert_eq!(places(&store), BTreeSet::new());
}

#[test]
fn a_checkpoint_that_is_not_ours_is_named() {
    let (_site, store, conn) = log_of(600);
    let only = |name: &str| assert_eq!(places(&store), [name.to_owned()].into());
    let sound: String =
        conn.one("SELECT note FROM checkpoint WHERE size = 600", [], |row| row.get(0)).unwrap();
    let set = |note: Option<&str>| {
        conn.execute("UPDATE checkpoint SET note = ?1 WHERE size = 600", [note]).unwrap();
    };
    let letter = sound.find('\n').unwrap() + 10;
    let other = if &sound[letter..=letter] == "A" { "B" } else { "A" };
    let forged = [&sound[..letter], other, &sound[letter + 1..]].concat();
    for bad in [Some(forged.as_str()), Some("nonsense"), None] {
        set(bad);
        only("checkpoint 600");
    }
    set(Some(&sound));
    conn.execute("UPDATE checkpoint SET note = 'x' WHERE size = 0", []).unwrap();
    only("checkpoint 0");
    conn.execute("UPDATE checkpoint SET note = NULL WHERE size = 0", []).unwrap();
    assert_eq!(places(&store), BTreeSet::new());
    conn.execute("DELETE FROM checkpoint WHERE size = 600", []).unwrap();
    assert!(places(&store).contains("checkpoint 0"));
}

#[test]
fn a_log_cut_short_with_an_older_checkpoint_is_found_by_its_stray_tiles() {
    let (_site, store, conn) = log_of(300);
    store.write(|tx| Ok::<_, StoreError>(tx.append_leaf(leaf(300)))).unwrap();
    conn.execute("DELETE FROM checkpoint WHERE size = 301", []).unwrap();
    assert!(places(&store).contains("checkpoint 300"));
}

#[test]
fn a_broken_index_is_found_by_the_database() {
    if !is_of(false) {
        return;
    }
    let (site, store, conn) = log_of(3);
    conn.define(
        "PRAGMA writable_schema = ON;
         UPDATE sqlite_schema SET sql = replace(sql, 'subject, id', 'id, subject')
         WHERE name = 'dictionary_by_subject';
         INSERT INTO dictionary VALUES (1, 'note', 0, x'00'), (2, 'act', 0, x'00');",
    )
    .unwrap();
    drop(conn);
    drop(store);
    let found = database(&site.store());
    assert!(!found.is_empty());
}

#[test]
fn leaves_are_read_in_any_order_and_accounted_for_once() {
    let (_site, store, _) = log_of(600);
    store
        .read(|tx| {
            let mut reader = LeafReader::of(tx);
            for index in [599, 0, 256, 255, 1] {
                assert_eq!(reader.leaf(index)?, Some(leaf(index)));
            }
            assert_eq!((reader.leaf(600)?, reader.leaf(100_000)?), (None, None));
            Ok::<_, StoreError>(())
        })
        .unwrap();
    let mut map = LeafMap::of(600);
    for index in (0..600).filter(|index| *index != 77 && *index != 128) {
        assert_eq!(map.account(index), Accounted::First);
    }
    assert_eq!(map.account(5), Accounted::Again);
    assert_eq!(map.account(600), Accounted::Outside);
    assert_eq!(map.unaccounted().collect::<Vec<_>>(), [77, 128]);
}
