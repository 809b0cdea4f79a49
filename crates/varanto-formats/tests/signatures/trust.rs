//! Chains, times and revocation.

use varanto_domain::archive::signatures::{Doubt, SignerKind};
use varanto_domain::time::Instant;
use varanto_formats::signature::{Certificate, FileKey, RevocationList, Trust, xml};
use varanto_kit::signers::SigningAuthority;

use crate::world::{GOOD, NOW, at, signed_by, verdicts, world};

fn signed() -> String {
    signed_by(&world().system, SignerKind::System)
}

fn check(trust: &Trust, now: &str, expected: &str) {
    assert_eq!(verdicts(signed().as_bytes(), trust, now), [expected]);
}

fn with_lists(lists: &[Vec<u8>]) -> Trust {
    let mut trust = Trust::default();
    trust.add_anchor(world().authority.root()).unwrap();
    trust.add_intermediate(world().authority.between()).unwrap();
    for list in lists {
        trust.add_list(RevocationList::read(list).unwrap());
    }
    trust
}

#[test]
fn a_chain_leads_to_an_anchor_or_the_issuer_is_unknown() {
    let world = world();
    check(&world.trust(), NOW, "valid");
    check(&Trust::default(), NOW, "issuer-not-among-the-anchors");
    let mut without_between = Trust::default();
    without_between.add_anchor(world.authority.root()).unwrap();
    check(&without_between, NOW, "issuer-not-among-the-anchors");
    // The authority between may be the anchor itself.
    let mut nearer = Trust::default();
    nearer.add_anchor(world.authority.between()).unwrap();
    check(&nearer, NOW, "revocation-unknown");
    // Another authority of the same name is another one.
    let good = (at(GOOD[0]), at(GOOD[1]));
    let namesake = SigningAuthority::make("Varanto Test Certs", good).unwrap();
    let mut other = Trust::default();
    other.add_anchor(namesake.root()).unwrap();
    other.add_intermediate(namesake.between()).unwrap();
    assert_ne!(verdicts(signed().as_bytes(), &other, NOW), ["valid"]);
}

/// ARC-6: valid at signing, and at arrival.
#[test]
fn a_certificate_is_in_force_when_signing_and_told_when_it_ended_since() {
    let trust = world().trust();
    check(&trust, "2028-02-01T00:00:00Z", "expired-since, revocation-outdated");
    let early = signed_at("2024-12-31T00:00:00Z");
    assert_eq!(verdicts(early.as_bytes(), &trust, NOW), ["not-yet-in-force"]);
    let late = signed_at("2028-01-02T00:00:00Z");
    let told = verdicts(late.as_bytes(), &trust, "2028-02-01T00:00:00Z");
    assert_eq!(told, ["expired, revocation-outdated"]);
}

fn signed_at(moment: &str) -> String {
    let world = world();
    let key = crate::world::key(&world.system);
    let signing =
        varanto_formats::signature::Signing { key: &key, kind: SignerKind::System, at: at(moment) };
    let document = crate::world::document(crate::world::CONTENT);
    varanto_formats::signature::sign_xml(&document, &signing).unwrap()
}

#[test]
fn what_is_revoked_is_told_with_its_moment() {
    let world = world();
    let (made, next) = (at("2026-03-23T00:00:00Z"), at("2026-04-23T00:00:00Z"));
    let revoked_at: Instant = at("2026-03-22T06:00:00Z");
    let lists = |revoked: &[_]| world.authority.revocation_lists(revoked, made, next).unwrap();

    check(&with_lists(&lists(&[])), NOW, "valid");
    check(&with_lists(&lists(&[(&world.rsa_system, revoked_at)])), NOW, "valid");
    let trust = with_lists(&lists(&[(&world.system, revoked_at)]));
    check(&trust, NOW, "revoked");
    let read = xml::verify(signed().as_bytes(), &trust, at(NOW)).unwrap();
    assert_eq!(read.signatures[0].found.doubts, [Doubt::Revoked(Some(revoked_at))]);

    check(&with_lists(&[]), NOW, "revocation-unknown");
    check(&with_lists(&lists(&[])[1..]), NOW, "revocation-unknown");
    check(&with_lists(&lists(&[])), "2026-05-01T00:00:00Z", "revocation-outdated");
    // An old list that tells of a revocation is believed all the same.
    check(&trust, "2026-05-01T00:00:00Z", "revoked");
}

/// ARC-6: of several lists of one issuer the newest decides, in whatever order they are loaded; and an
/// older one past its time hides no revocation.
#[test]
fn the_newest_list_decides_whatever_the_order() {
    let world = world();
    let lists = |revoked: &[_], made: &str, next: &str| {
        world.authority.revocation_lists(revoked, at(made), at(next)).unwrap().to_vec()
    };
    let revoked = [(&world.system, at("2026-03-23T06:00:00Z"))];
    let clean = lists(&[], "2026-03-01T00:00:00Z", "2026-05-01T00:00:00Z");
    let lapsed = lists(&[], "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z");
    let naming = lists(&revoked, "2026-03-24T00:00:00Z", "2026-05-01T00:00:00Z");
    let released = lists(&[], "2026-03-24T06:00:00Z", "2026-05-01T00:00:00Z");
    for (all, expected) in [
        (vec![clean.clone(), naming.clone()], "revoked"),
        (vec![lapsed.clone(), naming.clone()], "revoked"),
        (vec![lapsed, clean.clone()], "valid"),
        (vec![clean, naming.clone(), released], "valid"),
    ] {
        let forwards = all.concat();
        let backwards: Vec<Vec<u8>> = forwards.iter().rev().cloned().collect();
        check(&with_lists(&forwards), NOW, expected);
        check(&with_lists(&backwards), NOW, expected);
    }
}

/// ARC-6: a list made after a certificate ended may have forgotten that it was revoked.
#[test]
fn a_list_made_after_the_end_of_a_certificate_clears_it_no_more() {
    let world = world();
    let now = "2028-02-01T00:00:00Z";
    let lists = |made: &str| {
        world
            .authority
            .revocation_lists(&[], at(made), at("2028-03-01T00:00:00Z"))
            .unwrap()
            .to_vec()
    };
    let late = lists("2028-01-20T00:00:00Z");
    check(&with_lists(&late), now, "expired-since, revocation-unknown");
    let both = [late, lists("2026-12-01T00:00:00Z")].concat();
    check(&with_lists(&both), now, "expired-since");
}

/// A list that another signed under the authority's name says nothing.
#[test]
fn a_forged_list_revokes_and_clears_nothing() {
    let good = (at(GOOD[0]), at(GOOD[1]));
    let namesake = SigningAuthority::make("Varanto Test Certs", good).unwrap();
    let lists = namesake.revocation_lists(&[], at("2026-03-01T00:00:00Z"), at(GOOD[1])).unwrap();
    check(&with_lists(&lists), NOW, "revocation-unknown");
    assert!(RevocationList::read(b"no list").is_err());
    assert!(RevocationList::read(world().authority.root()).is_err());
}

#[test]
fn a_key_is_read_with_its_own_certificate_alone() {
    let world = world();
    let read = |key: &str, certificate: &str| {
        FileKey::read(key.as_bytes(), certificate.as_bytes()).map(|_| ())
    };
    let (system, rsa) = (&world.system, &world.rsa_system);
    assert_eq!(read(&system.key_pem, &system.certificate_pem), Ok(()));
    assert_eq!(read(&rsa.key_pem, &rsa.certificate_pem), Ok(()));
    assert!(read(&rsa.key_pem, &system.certificate_pem).is_err());
    assert!(read(&world.professional.key_pem, &system.certificate_pem).is_err());
    assert!(read("", &system.certificate_pem).is_err());
    assert!(read(&system.key_pem, "").is_err());
    assert!(Certificate::read(&[system.certificate.as_slice(), b"x"].concat()).is_err());
}
