//! A full disk: nothing half-done, all readable, and on it goes when there is room (OPS-2).

use std::path::Path;
use std::process::{Command, Stdio};

use varanto_app::AppError;
use varanto_app::StoreError;
use varanto_app::archive::DocumentQuery;

use crate::world::{Draft, World, client, copy, on_server};

/// A file system of a limited size, taken away at the end.
struct SmallDisk<'f>(&'f Path);

impl<'f> SmallDisk<'f> {
    /// `None` where we may not make one.
    fn of(folder: &'f Path, size: &str) -> Option<Self> {
        mount(&["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"], folder)
            .then_some(Self(folder))
    }

    fn grow(&self, size: &str) {
        assert!(mount(&["-o", &format!("remount,size={size}")], self.0));
    }
}

fn mount(args: &[&str], folder: &Path) -> bool {
    let mut command = Command::new("mount");
    let command = command.args(args).arg(folder).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0).status();
    }
}

/// OPS-2: a full disk refuses what it cannot keep, and loses nothing.
#[test]
fn a_full_disk_keeps_what_it_has_and_goes_on_with_more_room() {
    if on_server() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::of(folder.path(), "6m") else {
        println!("skipped: a small file system can only be mounted by root");
        return;
    };
    copy(World::prepared(), folder.path());
    let world = World::beside(folder.path(), 1);
    let dossier = world.open_old_case(&client(1));
    let mut kept: Vec<Draft> = Vec::new();
    let error = loop {
        let draft = world.old(&dossier);
        match world.app.archive_document(&world.county(), draft.submission()) {
            Ok(_) => kept.push(draft),
            Err(error) => break error,
        }
        assert!(kept.len() < 5000, "the disk was never full");
    };
    assert!(
        matches!(error, AppError::Store(StoreError::DiskFull | StoreError::NotCommitted(_))),
        "{error:?}"
    );
    assert!(kept.len() > 20, "{}", kept.len());

    // Nothing half-done: the refused one is nowhere, and verification reads all there is.
    let contents = world.contents();
    assert_eq!(contents.versions, kept.len() as u64 + 2);
    assert_eq!(world.damage(), Vec::<String>::new());
    // A look needs its log line; without room for it nothing is shown.
    let county = world.county();
    let looked = world.app.open_content(&county, &kept[0].id(), None, crate::world::justified());
    let looked = looked.map(|opened| opened.parts == kept[0].submission().parts);
    assert!(matches!(looked, Ok(true) | Err(AppError::Store(_))), "{looked:?}");

    disk.grow("32m");
    for draft in &kept {
        let opened =
            world.app.open_content(&county, &draft.id(), None, crate::world::justified()).unwrap();
        assert_eq!(opened.parts, draft.submission().parts);
    }
    world.archive(&world.old(&dossier));
    let page = world.app.find_documents(&county, &DocumentQuery::default()).unwrap();
    assert!(!page.hits.is_empty());
    assert_eq!(world.damage(), Vec::<String>::new());
    world.app.close();
    let world = World::beside(folder.path(), 100_000);
    assert_eq!(world.contents().versions, kept.len() as u64 + 3);
    assert_eq!(world.damage(), Vec::<String>::new());
    world.app.close();
}
