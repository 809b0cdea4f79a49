use super::*;

fn at_day(text: &str) -> Instant {
    varanto_domain::time::FinnishDay::parse(text).unwrap().start()
}

fn order(system: &str) -> ClientOrder {
    ClientOrder {
        system: system.into(),
        organisation: Oid::parse("1.2.246.10.1234567.10.0").unwrap(),
        organisation_name: "Koivurannan hyvinvointialue".into(),
        from: at_day("2026-01-01"),
        until: at_day("2027-01-01"),
    }
}

#[test]
fn a_certificate_is_bound_to_its_system_and_organisation() {
    let home = tempfile::tempdir().unwrap();
    let authority = Authority::open(home.path(), &[], at_day("2026-01-01")).unwrap();

    let issued = authority.issue(&order("ATJ-1")).unwrap();

    let listed = authority.list().unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].serial, issued.serial);
    assert_eq!(listed[0].system, "ATJ-1");
    assert_eq!(listed[0].organisation, "1.2.246.10.1234567.10.0");
    assert_eq!(listed[0].until, at_day("2027-01-01").to_string());
    assert_eq!(listed[0].revoked, None);
}

#[test]
fn a_revoked_certificate_stays_revoked_with_its_first_instant() {
    let home = tempfile::tempdir().unwrap();
    let authority = Authority::open(home.path(), &[], at_day("2026-01-01")).unwrap();
    let issued = authority.issue(&order("ATJ-1")).unwrap();
    authority.issue(&order("ATJ-2")).unwrap();

    authority.revoke(&issued.serial, at_day("2026-03-01")).unwrap();
    authority.revoke(&issued.serial, at_day("2026-04-01")).unwrap();

    assert_eq!(authority.revoked().unwrap(), [(issued.serial, at_day("2026-03-01"))]);
    assert_eq!(authority.list().unwrap().iter().filter(|one| one.revoked.is_some()).count(), 1);
    assert!(authority.revoke("../ca", at_day("2026-03-01")).is_err());
    assert!(authority.revoke("abcd", at_day("2026-03-01")).is_err());
    for wrong in ["", "abc", "ABCD", "../ca"] {
        assert!(authority.revoke_not_known(wrong, at_day("2026-03-01")).is_err(), "{wrong}");
    }
    authority.revoke_not_known("1bcd", at_day("2026-03-01")).unwrap();
    assert!(authority.revoked().unwrap().iter().any(|(serial, _)| serial == "1bcd"));
}

#[test]
fn the_server_certificate_is_renewed_a_month_before_its_end_and_on_a_new_name() {
    let home = tempfile::tempdir().unwrap();
    let read = |authority: &Authority| fs::read(authority.server_files().0).unwrap();
    let open = |names: &[&str], day: &str| {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        Authority::open(home.path(), &names, at_day(day)).unwrap()
    };

    let first = read(&open(&[], "2026-01-01"));
    assert_eq!(read(&open(&[], "2026-12-01")), first);
    let named = read(&open(&["arkisto.example.fi"], "2026-12-01"));
    assert_ne!(named, first);
    assert_ne!(read(&open(&["arkisto.example.fi"], "2027-12-20")), named);
}

#[test]
fn keys_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let home = tempfile::tempdir().unwrap();
    let authority = Authority::open(home.path(), &[], at_day("2026-01-01")).unwrap();
    for file in [authority.server_files().1, home.path().join("pki/ca.key")] {
        assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn a_private_file_is_replaced_whole_and_leaves_no_draft() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("a.key");
    std::thread::scope(|scope| {
        for letter in [b'a', b'b', b'c', b'd'] {
            let file = &file;
            scope.spawn(move || write_private(file, &[letter; 4096]).unwrap());
        }
    });
    let kept = fs::read(&file).unwrap();
    assert!(kept.len() == 4096 && kept.iter().all(|byte| *byte == kept[0]));
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
}
