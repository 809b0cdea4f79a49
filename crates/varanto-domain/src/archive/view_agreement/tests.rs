//! What a view may say beside its content.

use serde_json::{Value, json};

use super::*;
use crate::structures::built_in;

fn content(json: &Value) -> Content<'static> {
    match json {
        Value::Null => Content::Null,
        Value::Bool(switch) => Content::Switch(*switch),
        Value::Number(number) => Content::Number(number.to_string().into()),
        Value::String(text) => Content::Text(text.clone().into()),
        Value::Array(entries) => Content::List(entries.iter().map(content).collect()),
        Value::Object(members) => Content::Object(
            members.iter().map(|(key, value)| (key.clone().into(), content(value))).collect(),
        ),
    }
}

fn plan() -> Content<'static> {
    content(&json!({ "lapsiperheiden_palvelujen_asiakassuunnitelma": {
        "asiakas": [{
            "sukunimi": "Sosh-Aik", "etunimet": "Kanta-Hakuat",
            "henkilotunnus": { "system": "urn:oid:1.2.246.21", "value": "180418A903L" },
        }],
        "suunnitelma": {
            "kuvaus_asiakkaan_tilanteesta": "Isä, 010180-9026, hoitaa lasta.",
            "suunnitelman_tarkistaminen": { "paivamaara_ja_kellonaika": "2026-03-19T23:33:30Z" },
        },
        "paivamaara": "2026-03-23",
    }}))
}

fn shown(text: &str) -> ShownLine {
    ShownLine { text: text.to_owned(), element: "/div/p".to_owned(), line: 7 }
}

/// A view of the plan: its title, date and sections, each heading with its lines.
fn view(title: &str, date: &str, sections: &[(&str, &[&str])]) -> ShownView {
    ShownView {
        document_type: shown("Suunnitelma"),
        date: shown(date),
        title: shown(title),
        sections: sections
            .iter()
            .map(|(heading, lines)| ShownSection {
                heading: shown(heading),
                lines: lines.iter().map(|line| shown(line)).collect(),
            })
            .collect(),
    }
}

const TITLE: &str = "Lapsiperheiden palvelujen asiakassuunnitelma";
const CLIENT: (&str, &[&str]) = ("Asiakas", &["Sosh-Aik, Kanta-Hakuat", "180418*****"]);

fn told(view: &ShownView) -> (Vec<&'static str>, Vec<&'static str>) {
    let structure =
        built_in().iter().find(|structure| structure.type_arc() == "1506.15007").unwrap();
    let client = PersonalIdentityCode::parse("180418A903L").map(ClientIdentifier::Code).unwrap();
    let day = FinnishDay::parse("2026-03-23").unwrap();
    let facts = MetadataFacts { client: &client, days: [day, day] };
    let agreement = compare(view, structure, &plan(), facts);
    let codes = |faults: &[Fault]| faults.iter().map(Fault::code).collect();
    (codes(&agreement.faults), codes(&agreement.remarks))
}

fn check(sections: &[(&str, &[&str])], faults: &[&str], remarks: &[&str]) {
    let found = told(&view(TITLE, "23.3.2026", sections));
    assert_eq!(found, (faults.to_vec(), remarks.to_vec()), "{sections:?}");
}

/// ARC-5: a view that shows the code of somebody whom the content does not know is refused.
#[test]
fn a_view_shows_no_identity_code_but_those_of_its_content() {
    check(&[CLIENT], &[], &[]);
    check(&[CLIENT, ("Kuvaus", &["Isä, 010180-****, hoitaa lasta."])], &[], &[]);
    check(&[CLIENT, ("Isä", &["010180-XXXX"])], &[], &[]);
    check(&[CLIENT, ("Isä", &["010180-9026"])], &[], &["unmasked-identity-code"]);
    check(&[CLIENT, ("Isä", &["010170-900J"])], &["disagreement"], &[]);
    check(&[CLIENT, ("Isä", &["010170-****"])], &["disagreement"], &[]);
    check(&[("Asiakas", &["Sosh-Aik, Kanta-Hakuat", "190418*****"])], &["disagreement"], &[]);
    check(&[CLIENT, ("Isä 010170-900J", &[])], &["disagreement"], &[]);
    // Numbers that are no codes.
    check(&[CLIENT, ("Muuta", &["Puh. 010170", "Viite 010170123456", "010170*"])], &[], &[]);
}

/// ARC-5: the client's section names no other client; one that names nobody is remarked on.
#[test]
fn a_labelled_name_of_the_client_is_the_contents() {
    check(&[("Asiakas", &["Sukunimi: Sosh-Aik", "Etunimet: KANTA-HAKUAT"])], &[], &[]);
    check(&[("Klient", &["Efternamn: Sosh-Aik"])], &[], &[]);
    check(&[("Asiakas", &["Sukunimi: Sosh-Aik", "Etunimet: Kaino"])], &["disagreement"], &[]);
    check(&[("Asiakas", &["Sukunimi: Aho"])], &["disagreement"], &["not-shown"]);
    check(&[("Asiakas", &["180418*****"])], &[], &["not-shown"]);
    // Others have names too.
    check(&[CLIENT, ("Laatija", &["Sukunimi: Aho"])], &[], &[]);
}

/// ARC-5: another title, type or date may be the sender's wording: a remark.
#[test]
fn a_title_or_date_that_differs_is_remarked_on() {
    let remarks = |view: &ShownView| {
        let (faults, remarks) = told(view);
        assert!(faults.is_empty());
        remarks
    };
    assert!(remarks(&view(TITLE, "", &[CLIENT])).is_empty());
    assert!(remarks(&view(&TITLE.to_uppercase(), "20.3.2026", &[CLIENT])).is_empty());
    assert_eq!(remarks(&view("Päätös", "", &[CLIENT])), ["disagreement"]);
    assert_eq!(remarks(&view(TITLE, "24.3.2026", &[CLIENT])), ["disagreement"]);
    let other = ShownView { document_type: shown("Päätös"), ..view(TITLE, "", &[CLIENT]) };
    assert_eq!(remarks(&other), ["disagreement"]);
}

/// ARC-5: a date that stands under the name of a row is the content's. A moment counts for the day as
/// it is written and as it is in Finland.
#[test]
fn a_date_under_the_name_of_a_row_is_the_rows() {
    const MOMENT: &str = "Päivämäärä ja kellonaika";
    check(&[CLIENT, ("Päivämäärä", &["23.03.2026"])], &[], &[]);
    check(&[CLIENT, ("Päivämäärä", &["24.03.2026"])], &[], &["disagreement"]);
    for line in ["19.3.2026 23.33", "20.03.2026 01.33", "myöhemmin"] {
        check(&[CLIENT, ("Tarkistus", &[&format!("{MOMENT}: {line}")])], &[], &[]);
    }
    check(&[CLIENT, ("Tarkistus", &[&format!("{MOMENT}: 21.3.2026")])], &[], &["disagreement"]);
    check(&[CLIENT, ("Tarkistus", &["Sovittu: 1.1.2020"])], &[], &[]);
}
