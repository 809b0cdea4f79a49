//! A controller's whole register out of an archive: what is in the package, who may take it out, and that damage to any
//! file of it is found.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use varanto_app::archive::InvalidationRequest;
use varanto_app::transfer::{
    Compared, ExportedRegister, Kind, RegisterComparison, TransferError, TransferRequest,
};
use varanto_app::verify::{RegisterVerdict, verify_register};
use varanto_app::{App, AppError, AppOptions};
use varanto_domain::access::{Caller, Role};
use varanto_domain::archive::proof;
use varanto_domain::archive::transfer::TransferReason;
use varanto_domain::time::Clock;
use varanto_formats::register_package::{self, About, LineFile, StatementFile, VersionFile};

use crate::access::code;
use crate::damage::archive_of_everything;
use crate::oversight::{officer, person};
use crate::world::{
    COUNTY, KEEPER, NEIGHBOUR, SetClock, World, ask, client, oid, options, registers,
};

pub(crate) fn request(controller: &str) -> TransferRequest {
    TransferRequest {
        controller: oid(controller),
        reason: TransferReason::ChangeOfArchive,
        reference: "SUV/77/2026".into(),
    }
}

/// The keeper of a controller's archive, as one logs in where no register of users is kept.
pub(crate) fn archivist(controller: &str) -> Caller {
    person(&World::new(), Role::Archivist, controller, None)
}

/// Takes a register out into a folder, or a file.
pub(crate) fn export(world: &World, controller: &str, place: &Path) -> ExportedRegister {
    let archivist = archivist(controller);
    world.app.export_register(&archivist, &request(controller), place, |_| {}).unwrap()
}

/// Another archive, with keys of its own.
pub(crate) fn elsewhere() -> World {
    elsewhere_with(true, None)
}

/// The same, with its organisations or without, opened otherwise.
pub(crate) fn elsewhere_with(
    organisations: bool,
    otherwise: Option<fn(AppOptions) -> AppOptions>,
) -> World {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let clock = SetClock::at("2026-12-01T10:00:00+02:00");
    let options =
        AppOptions { origin: "elsewhere.example.fi/log".into(), ..options(folder.path()) };
    let options = otherwise.map_or(options.clone(), |otherwise| otherwise(options));
    let app = App::open(&options, Arc::clone(&clock) as Arc<dyn Clock>).unwrap();
    if organisations {
        app.load_registers("world", registers().to_string().into_bytes()).unwrap();
    }
    World::around(app, &clock, &folder)
}

/// What does not hold of a package, each as `code place`.
pub(crate) fn faults(place: &Path) -> Vec<String> {
    told(&verify_register(place, None, |_| {}).unwrap())
}

fn told(verdict: &RegisterVerdict) -> Vec<String> {
    let told = |fault: &varanto_app::verify::PackageFault| {
        format!("{} {}", fault.code(), fault.place().unwrap_or_default())
    };
    verdict.faults.iter().map(told).collect()
}

/// Every file of a folder, by its name in it.
pub(crate) fn files_in(folder: &Path) -> BTreeMap<String, PathBuf> {
    fn walk(root: &Path, folder: &Path, found: &mut BTreeMap<String, PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, found);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                found.insert(name, path);
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(folder, folder, &mut found);
    found
}

/// Of each version in a package its files, but for what is told of its place in the archive that it is from.
pub(crate) fn originals(package: &Path) -> BTreeMap<String, Vec<u8>> {
    let all = files_in(package).into_iter();
    let of_versions = all.filter_map(|(name, path)| {
        let rest =
            name.strip_prefix("representations/")?.split_once("/data/")?.1.split_once('-')?.1;
        (!rest.ends_with("archive.json")).then(|| (rest.to_owned(), std::fs::read(path).unwrap()))
    });
    of_versions.collect()
}

pub(crate) fn number(world: &World, sql: &str) -> u64 {
    ask(world.folder.path(), sql)[0][0].parse().unwrap()
}

/// OPS-3: a package holds every version of the register byte for byte, what was destroyed as leaves, and the lines about
/// it; nothing of another register; it verifies by itself, as a folder and as a file, and the log tells of it before
/// and after.
#[test]
fn a_register_goes_out_whole_and_verifies_by_itself() {
    let world = archive_of_everything();
    let place = world.folder.path().join("out");
    let lines = world.contents().log_lines;
    let done = export(&world, COUNTY, &place);
    assert_eq!(world.contents().log_lines, lines + 2, "a line before and a line after");
    let sql = "SELECT detail FROM use_log WHERE event = 21 ORDER BY line";
    let told_of = ask(world.folder.path(), sql);
    assert!(told_of[0][0].ends_with("why=change-of-archive reference=SUV/77/2026 begun"));
    assert!(told_of[1][0].ends_with(&format!("package={}", done.checksum)), "{told_of:?}");

    let verdict = verify_register(&place, Some(&done.verifier_key), |_| {}).unwrap();
    assert_eq!(told(&verdict), Vec::<String>::new());
    assert_eq!(
        (verdict.checksum.as_str(), &verdict.summary),
        (done.checksum.as_str(), &done.summary)
    );
    let of = |table: &str, controller: &str| {
        number(
            &world,
            &format!(
                "SELECT count(*) FROM {table} WHERE controller =
                (SELECT number FROM term WHERE text = '{controller}')"
            ),
        )
    };
    let summary = &done.summary;
    assert_eq!(summary.versions, of("document_version", COUNTY));
    assert_eq!(summary.corrections, of("correction_request", COUNTY));
    assert!(summary.attachments > 0 && summary.corrections > 0, "{summary:?}");
    assert_eq!((summary.choices, summary.choices), (2, of("producer_choice", COUNTY)));
    assert_eq!(summary.identities, 2);
    assert!(originals(&place).len() as u64 >= 2 * summary.versions);

    let files = files_in(&place);
    let about = std::fs::read(&files[register_package::ABOUT]).unwrap();
    let about: About = register_package::read(&about).unwrap();
    assert_eq!(
        (about.controller.as_str(), about.exported_by.as_str()),
        (COUNTY, &*format!("person:archivist-of-{COUNTY}"))
    );
    for (name, path) in &files {
        let kept = std::fs::read(path).unwrap();
        if name.ends_with("archive.json") {
            let version: VersionFile = register_package::read(&kept).unwrap();
            assert!(version.proof.columns.contains(COUNTY), "{name}");
        }
        if name.starts_with(register_package::LOG) {
            let lines: Vec<LineFile> = register_package::read_lines(&kept).unwrap();
            assert_eq!(lines.len() as u64, summary.log_lines);
            let in_part = lines.iter().filter(|line| line.in_part).count();
            assert_eq!(in_part as u64, summary.log_lines_in_part);
            let of_documents = ["versions=", "hits=", "registers="];
            let leaks = |line: &&LineFile| of_documents.iter().any(|word| line.text.contains(word));
            assert_eq!(lines.iter().filter(|line| line.in_part).find(leaks), None);
        }
    }

    let file = world.folder.path().join("out.tar");
    let again = export(&world, COUNTY, &file);
    assert_eq!(faults(&file), Vec::<String>::new());
    assert_eq!(again.summary.versions, summary.versions);
    let wills = world.folder.path().join("wills");
    let other = export(&world, KEEPER, &wills);
    assert_eq!(other.summary.versions, of("document_version", KEEPER));
    assert_eq!(other.summary.destroyed, of("destroyed_version", KEEPER));
    assert_eq!((other.summary.holds, other.summary.certificates), (1, 1));
    assert!(other.summary.destroyed > 0);
    assert_eq!(faults(&wills), Vec::<String>::new());
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// OPS-3, ARC-15: whatever file of a package is changed, taken away or added, it is named; and a package that another key
/// signed is told.
#[test]
fn damage_to_any_file_of_a_package_is_found_and_named() {
    let world = archive_of_everything();
    let place = world.folder.path().join("out");
    export(&world, KEEPER, &place);
    let files = files_in(&place);
    println!("{} files", files.len());
    for (number, (name, path)) in files.iter().enumerate() {
        let sound = std::fs::read(path).unwrap();
        let names_it = |found: &[String], what: &str| {
            let lists = ["METS.xml", "METS.xml.signed"].contains(&name.as_str());
            let named = found.iter().any(|one| one.ends_with(name.as_str()));
            assert!(!found.is_empty() && (named || lists), "{what} {name}: {found:?}");
        };
        let mut changed = sound.clone();
        let at = changed.len() / 2;
        changed[at] ^= 1;
        std::fs::write(path, &changed).unwrap();
        names_it(&faults(&place), "changed");
        if number % 2 == 0 {
            std::fs::write(path, &sound[..at]).unwrap();
            names_it(&faults(&place), "cut");
        } else {
            std::fs::remove_file(path).unwrap();
            names_it(&faults(&place), "taken away");
        }
        std::fs::write(path, &sound).unwrap();
    }
    for more in
        ["more.txt", "representations/part-00001/data/0001-1.2/x", "representations/part-2/x"]
    {
        let path = place.join(more);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, b"x").unwrap();
        let found = faults(&place);
        assert!(found.iter().any(|one| one.starts_with("file-unlisted")), "{more}: {found:?}");
        std::fs::remove_file(&path).unwrap();
    }
    assert_eq!(faults(&place), Vec::<String>::new());
    let stranger = verify_register(&place, Some(&elsewhere().app.verifier_key()), |_| {}).unwrap();
    assert!(told(&stranger).iter().any(|one| one.starts_with("checkpoint-signature")));
    assert!(told(&stranger).iter().any(|one| one.starts_with("not-signed")));
}

/// OPS-3, ARC-15: nothing is added to a package that is one file: no second of what it has, nothing after its list, no name
/// that leads elsewhere, nothing behind its end.
#[test]
fn what_is_added_to_a_package_of_one_file_is_found_and_named() {
    let world = archive_of_everything();
    let place = world.folder.path().join("out.tar");
    export(&world, KEEPER, &place);
    let sound = std::fs::read(&place).unwrap();
    let (mut entries, mut end) = (Vec::new(), 0);
    let mut archive = tar::Archive::new(sound.as_slice());
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let mut data = Vec::new();
        std::io::Read::read_to_end(&mut entry, &mut data).unwrap();
        end = entry.raw_file_position() + data.len().next_multiple_of(512) as u64;
        entries.push((entry.path().unwrap().to_str().unwrap().to_owned(), data));
    }
    let root = entries[0].0.strip_suffix(register_package::ABOUT).unwrap().to_owned();
    let end = usize::try_from(end).unwrap();
    let with = |more: &[(String, Vec<u8>)]| {
        let mut builder = tar::Builder::new(sound[..end].to_vec());
        for (name, data) in more {
            let mut header = tar::Header::new_gnu();
            header.set_size(data.len() as u64);
            header.set_mode(0o600);
            header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_cksum();
            builder.append(&header, data.as_slice()).unwrap();
        }
        builder.into_inner().unwrap()
    };
    let found = |bytes: &[u8]| {
        std::fs::write(&place, bytes).unwrap();
        faults(&place)
    };
    assert_eq!(found(&with(&[])), Vec::<String>::new());
    let about = String::from_utf8(entries[0].1.clone()).unwrap().replace("SUV/77", "FORGED/9");
    let holds = register_package::file_of_lines(register_package::HOLDS, 1);
    for (name, data) in [
        (format!("{root}evil.txt"), b"x".to_vec()),
        (format!("{root}{}", register_package::ABOUT), about.into_bytes()),
        (format!("{root}{holds}"), b"{}\n".to_vec()),
        (format!("{root}METS.xml"), b"<mets/>".to_vec()),
        (format!("{root}METS.xml.signed"), entries.last().unwrap().1.clone()),
        (format!("{root}representations/part-9/./data/0001-1.2/view.xhtml"), b"x".to_vec()),
        (format!("{root}../evil.txt"), b"x".to_vec()),
        ("elsewhere/evil.txt".to_owned(), b"x".to_vec()),
        ("/etc/evil".to_owned(), b"x".to_vec()),
    ] {
        let told = found(&with(&[(name.clone(), data)]));
        assert!(told.iter().any(|one| one.starts_with("file-unlisted")), "{name}: {told:?}");
        let verdict = verify_register(&place, None, |_| {}).unwrap();
        assert_eq!(verdict.about.unwrap().reference, "SUV/77/2026", "{name}");
    }
    let behind = [sound.as_slice(), &with(&[(format!("{root}evil.txt"), b"x".to_vec())])].concat();
    assert!(!found(&behind).is_empty(), "behind the end");
    assert_eq!(found(&sound), Vec::<String>::new());
}

/// ACC-2, ACC-5, OPS-3: the keeper of the controller's own archive takes its register out, strongly authenticated and with a
/// reference, and nobody else; each try leaves its line and no package.
#[test]
fn nobody_but_the_keeper_of_its_archive_takes_a_register_out() {
    let world = World::new();
    world.archive(&world.relationship(&client(1)));
    let place = world.folder.path().join("out");
    let check = |caller: &Caller, request: &TransferRequest, expected: &str| {
        let lines = world.contents().log_lines;
        let done = world.app.export_register(caller, request, &place, |_| {});
        let answer = done.map_err(|error| match error {
            TransferError::App(error) => error,
            other => panic!("{other}"),
        });
        assert_eq!(code(answer), expected, "{caller:?}");
        assert_eq!(world.contents().log_lines, lines + 1);
        assert!(!place.exists());
    };
    let own = request(COUNTY);
    check(&world.county(), &own, "role-does-not-fit");
    check(&officer(&world), &own, "role-does-not-fit");
    check(&person(&world, Role::Archivist, NEIGHBOUR, None), &own, "another-register");
    check(&world.citizen(&client(1)), &own, "role-does-not-fit");
    let archivist = person(&world, Role::Archivist, COUNTY, None);
    assert_eq!(world.app.registers_to_take_out(&archivist).unwrap(), [oid(COUNTY)]);
    for stranger in [world.county(), officer(&world), world.citizen(&client(1))] {
        let lines = world.contents().log_lines;
        assert_eq!(code(world.app.registers_to_take_out(&stranger)), "role-does-not-fit");
        assert_eq!(world.contents().log_lines, lines + 1);
    }
    check(&archivist, &request(NEIGHBOUR), "another-register");
    let coded = TransferRequest { reference: client(1).code.reveal().into(), ..own.clone() };
    check(&archivist, &coded, "wrong-form");
    let plan = world.app.plan_export(&archivist, &own).unwrap();
    assert_eq!((plan.size.versions, plan.size.destroyed), (1, 0));
    let lines = world.contents().log_lines;
    assert!(matches!(world.app.plan_export(&officer(&world), &own), Err(AppError::Denied(_))));
    assert_eq!(world.contents().log_lines, lines + 1);
    let done = export(&world, COUNTY, &place);
    let again = world.app.export_register(&archivist, &own, &place, |_| {});
    assert!(matches!(again, Err(TransferError::Taken(_))), "nothing is written over: {again:?}");
    assert_eq!(proof::sha256(&std::fs::read(place.join("METS.xml")).unwrap()).len(), 32);
    assert_eq!(done.summary.versions, 1);
}

/// What holding a package against an archive answers.
pub(crate) fn compare(world: &World, controller: &str, place: &Path) -> RegisterComparison {
    let asked = (archivist(controller), request(controller));
    let done = world.app.compare_register(&asked.0, &asked.1, (place, None), |_| {});
    done.unwrap()
}

/// OPS-3, ARC-15, LOG-1: a package that was just taken out is the same as the archive, of each register and as a folder or a
/// file; the log tells of it before and after. Whatever changes in the archive afterwards is named, each by what it is.
#[test]
fn a_package_is_held_against_the_archive_that_it_came_out_of() {
    let world = archive_of_everything();
    let at = |name: &str| world.folder.path().join(name);
    for (controller, name) in [(COUNTY, "county"), (KEEPER, "keeper.tar")] {
        let exported = export(&world, controller, &at(name));
        let lines = world.contents().log_lines;
        let done = compare(&world, controller, &at(name));
        assert!(done.agrees() && done.own, "{done:?}");
        assert_eq!(world.contents().log_lines, lines + 2);
        assert_eq!(done.versions.same, exported.summary.versions);
        let beside = |kind| done.beside[&kind].same;
        assert_eq!(beside(Kind::Holds), exported.summary.holds);
        assert_eq!(beside(Kind::Corrections), exported.summary.corrections);
        assert_eq!(beside(Kind::Statements), exported.summary.statements);
        assert_eq!(beside(Kind::Choices), exported.summary.choices);
        assert_eq!(beside(Kind::Identities), exported.summary.identities);
        let told = last_transfer(&world);
        assert!(told.ends_with(&format!("beyond=0 package={}", exported.checksum)), "{told}");
    }
    let archivist = archivist(COUNTY);
    let refused =
        world.app.compare_register(&archivist, &request(COUNTY), (&at("keeper.tar"), None), |_| {});
    assert!(matches!(refused, Err(TransferError::OtherRegister(of)) if of == KEEPER));
    assert!(last_transfer(&world).ends_with("failed=other-register"));

    let before = compare(&world, COUNTY, &at("county")).versions;
    let versions = "SELECT count(*) FROM document_version";
    let had = number(&world, versions);
    let dossier = world.open_case(&client(70));
    let document = world.archive(&world.note(&dossier)).receipt.document.to_string();
    let more = number(&world, versions) - had;
    let after = compare(&world, COUNTY, &at("county"));
    assert_eq!((after.versions.beyond, after.versions.same), (more, before.same), "{after:?}");
    assert!(after.log_agrees && !after.agrees() && after.beyond.contains(&document));
    export(&world, COUNTY, &at("later"));
    let why = InvalidationRequest { reason: "1".into(), explanation: Some("väärä".into()) };
    world.app.invalidate_document(&world.county(), &oid(&document), &why).unwrap();
    let after = compare(&world, COUNTY, &at("later"));
    assert_eq!(after.differ, [(document, vec!["state", "invalidation"])]);
    assert_eq!((after.versions.differ, after.versions.missing, after.versions.beyond), (1, 0, 0));
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// OPS-3: of another archive a package tells what that one lacks, and of nobody's documents anything else; one that does not hold
/// is held against nothing; and nobody but the keeper of the register asks.
#[test]
fn a_package_is_held_against_another_archive() {
    let world = archive_of_everything();
    let place = world.folder.path().join("out");
    let exported = export(&world, COUNTY, &place);
    let other = elsewhere();
    let done = compare(&other, COUNTY, &place);
    assert!(!done.own && done.log_agrees && !done.agrees());
    let versions = done.versions;
    assert_eq!((versions.missing, versions.same), (exported.summary.versions, 0));
    assert_eq!(done.missing.len() as u64, versions.missing);
    // What was parted again no other archive can have.
    assert_eq!(done.beside[&Kind::Identities].missing, exported.summary.identities - 1);

    let file = place.join(register_package::SUMMARY);
    let sound = std::fs::read(&file).unwrap();
    std::fs::write(&file, [b" ", sound.as_slice()].concat()).unwrap();
    let done = compare(&other, COUNTY, &place);
    assert_eq!(told(&done.verdict), [format!("file-differs {}", register_package::SUMMARY)]);
    assert!(!done.agrees() && done.missing.is_empty() && done.versions == Compared::default());
    assert!(last_transfer(&other).ends_with("package-does-not-hold"));
    std::fs::write(&file, sound).unwrap();
    let lines = other.contents().log_lines;
    let officer = officer(&other);
    let refused = other.app.compare_register(&officer, &request(COUNTY), (&place, None), |_| {});
    assert!(matches!(refused, Err(TransferError::App(AppError::Denied(_)))), "{refused:?}");
    assert_eq!(other.contents().log_lines, lines + 1);
}

/// The last line that tells of a register as a whole.
fn last_transfer(world: &World) -> String {
    let sql = "SELECT detail FROM use_log WHERE event = 21 ORDER BY line DESC LIMIT 1";
    ask(world.folder.path(), sql)[0][0].clone()
}

/// OPS-3: an export that was broken off leaves nothing under the package's name, and is begun anew.
#[test]
fn an_export_that_was_broken_off_is_begun_anew() {
    let world = archive_of_everything();
    for name in ["out", "out.tar"] {
        let place = world.folder.path().join(name);
        let archivist = archivist(COUNTY);
        let broken = std::panic::AssertUnwindSafe(|| {
            world.app.export_register(&archivist, &request(COUNTY), &place, |step| {
                assert!(!matches!(step, varanto_app::transfer::TransferStep::Versions(9, _)));
            })
        });
        assert!(std::panic::catch_unwind(broken).is_err());
        assert!(!place.exists() && place.with_file_name(format!("{name}.partial")).exists());
        export(&world, COUNTY, &place);
        assert_eq!(faults(&place), Vec::<String>::new());
        assert!(!place.with_file_name(format!("{name}.partial")).exists());
    }
    let strange = world.folder.path().join("mine.partial");
    std::fs::create_dir(&strange).unwrap();
    std::fs::write(strange.join("letter.txt"), "kept").unwrap();
    let archivist = archivist(COUNTY);
    let place = world.folder.path().join("mine");
    let done = world.app.export_register(&archivist, &request(COUNTY), &place, |_| {});
    assert!(matches!(done, Err(TransferError::Taken(_))), "{done:?}");
    assert!(strange.join("letter.txt").exists());
    let sql = "SELECT detail FROM use_log WHERE event = 21 ORDER BY line DESC LIMIT 1";
    assert!(ask(world.folder.path(), sql)[0][0].ends_with("failed=taken"));
}

/// OPS-3: what stands where a package is made and is none of ours is neither followed nor written into; a slash at the end
/// of a place changes nothing; the package is its owner's alone.
#[test]
fn a_package_is_made_into_nothing_that_was_there() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let world = World::new();
    world.archive(&world.relationship(&client(1)));
    let at = |name: &str| world.folder.path().join(name);
    std::fs::write(at("a.tar.partial"), "kept").unwrap();
    std::fs::write(at("target"), "kept").unwrap();
    symlink(at("target"), at("b.tar.partial")).unwrap();
    std::fs::create_dir(at("strange")).unwrap();
    symlink(at("strange"), at("c.partial")).unwrap();
    for name in ["a.tar", "b.tar", "c"] {
        let archivist = archivist(COUNTY);
        let done = world.app.export_register(&archivist, &request(COUNTY), &at(name), |_| {});
        assert!(matches!(done, Err(TransferError::Taken(_))), "{name}: {done:?}");
        assert!(!at(name).exists());
    }
    for kept in ["a.tar.partial", "target"] {
        assert_eq!(std::fs::read_to_string(at(kept)).unwrap(), "kept");
    }
    for name in ["sl/", "sl.tar/"] {
        export(&world, COUNTY, &at(name));
        let place = at(name.trim_end_matches('/'));
        assert_eq!(faults(&place), Vec::<String>::new());
        assert_eq!(std::fs::metadata(&place).unwrap().permissions().mode() & 0o077, 0);
    }
}

/// OPS-3, CIT-5: what clients told of themselves goes with the register in which wills are kept, each version with who told it;
/// with no other.
#[test]
fn what_clients_told_goes_with_the_register_of_wills() {
    let world = archive_of_everything();
    let place = world.folder.path().join("wills");
    let done = export(&world, KEEPER, &place);
    assert_eq!(done.summary.statements, 4);
    assert_eq!(faults(&place), Vec::<String>::new());
    let name = register_package::file_of_lines(register_package::STATEMENTS, 1);
    let kept = std::fs::read(place.join(&name)).unwrap();
    let lines: Vec<StatementFile> = register_package::read_lines(&kept).unwrap();
    let who = client(5);
    assert!(lines.iter().all(|one| one.identity_code.as_deref() == Some(who.code.reveal())));
    let told: Vec<_> = lines.iter().map(|one| (&*one.kind, &*one.told_as, one.number)).collect();
    let own = "own-data";
    assert_eq!(told, [("plan", own, 1), ("plan", own, 2), ("plan", own, 3), ("contact", own, 1)]);
    assert!(lines[0].said.is_none(), "what was taken out is in no package");
    assert_eq!(lines[1].said.as_ref().unwrap()["said"]["goals"], "Käyn töissä.");
    let other = export(&world, COUNTY, &world.folder.path().join("county"));
    assert_eq!(other.summary.statements, 0);
}
