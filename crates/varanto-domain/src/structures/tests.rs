//! The tables inside the program against the nation's own schemas.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::Value;

use super::table::member_name;
use super::*;

const CORPORA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpora");

/// JSON as content; members that the test wrote in no order come sorted.
pub(super) fn content(json: &Value) -> Content<'static> {
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

/// The national schema of a structure, or `None` where the corpora are not at hand.
fn national(structure: &Structure) -> Option<Value> {
    let file = format!("{}.json", structure.oid);
    let path: PathBuf = [CORPORA, "sosmeta", "Valmis", &file].iter().collect();
    let text = std::fs::read_to_string(path).ok()?;
    Some(serde_json::from_str(&text).unwrap())
}

pub(super) fn structure(type_arc: &str) -> &'static Structure {
    built_in().iter().find(|structure| structure.type_arc() == type_arc).unwrap()
}

/// ARC-5: the structures of daily work are in the program, each once.
#[test]
fn the_structures_of_daily_work_are_inside() {
    let inside: HashSet<&str> = built_in().iter().map(Structure::type_arc).collect();
    assert_eq!(inside.len(), built_in().len(), "a structure stands twice");
    for control in ["1505.1", "1505.2", "1505.8", "1505.9"] {
        assert!(inside.contains(control), "{control}");
    }
    let client_documents = inside.iter().filter(|arc| arc.starts_with("1506.")).count();
    assert!(client_documents >= 45, "{client_documents}");
}

#[test]
fn a_structure_knows_what_its_oid_says() {
    let plan = structure("1506.15007");
    assert_eq!(plan.specific_type(), Some("15007"));
    assert_eq!(plan.document_group(), None);
    assert_eq!(plan.version_day(), FinnishDay::parse("2024-11-28"));
    assert_eq!(plan.first_day, FinnishDay::parse("2024-11-28").unwrap());

    let case = structure("1505.2");
    assert_eq!((case.specific_type(), case.document_group()), (None, Some(2)));
    assert_eq!(&*case.row(16).unwrap().key, "paattymispaiva");
    assert_eq!(case.row(25), None);

    let foreign = Structure { oid: Oid::parse("1.2.3").unwrap(), ..case.clone() };
    assert_eq!((foreign.type_arc(), foreign.version_day()), ("1.2.3", None));
}

#[test]
fn rows_are_numbered_from_one_without_a_leap() {
    for structure in built_in() {
        let mut numbers = Vec::new();
        collect(&structure.fields, &mut |field| numbers.push(field.row));
        let expected: Vec<u16> = (1..).take(numbers.len()).collect();
        assert_eq!(numbers, expected, "{}", structure.oid);
    }
}

#[test]
fn no_two_rows_of_a_group_share_a_member() {
    fn look(fields: &[Field], structure: &Structure) {
        let keys: HashSet<&str> = fields.iter().map(|field| &*field.key).collect();
        assert_eq!(keys.len(), fields.len(), "{}", structure.oid);
        for field in fields {
            if let FieldKind::Group(rows) = &field.kind {
                look(rows, structure);
            }
        }
    }
    for structure in built_in() {
        look(&structure.fields, structure);
    }
}

#[test]
fn a_member_follows_from_its_finnish_name() {
    for (name, member) in [
        ("Äidinkieli", "aidinkieli"),
        ("Hoito- ja kasvatussuunnitelma", "hoito__ja_kasvatussuunnitelma"),
        (
            "Rekisterinpitäjä, jonka tietojen luovutus kielletään",
            "rekisterinpitaja_jonka_tietojen_luovutus_kielletaan",
        ),
        ("Henkilö on yli 75-vuotias", "henkilo_on_yli_seitsemanviisi_vuotias"),
        ("Lisätieto luokkaan \"Muu\"", "lisatieto_luokkaan_muu"),
    ] {
        assert_eq!(member_name(name), member);
    }
}

/// REL-6, ARC-16: the long road's structures stand beside the nation's under a root of our own, tell their
/// group and version day like those, and have the rows of a service on the case and not on the relationship.
#[test]
fn the_long_roads_structures_stand_beside_the_nations() {
    let own: Vec<&Structure> = built_in().iter().filter(|one| one.is_own()).collect();
    let [relationship, case] = own[..] else { panic!("two structures are our own") };
    assert_eq!(relationship.type_oid(), format!("{OWN_STRUCTURES}.1"));
    assert_eq!((case.type_arc(), case.document_group()), (&*case.type_oid(), Some(2)));
    assert_eq!(case.version_day(), FinnishDay::parse("2026-01-01"));
    assert_eq!(case.specific_type(), None);
    let keys = |structure: &Structure| -> Vec<String> {
        structure.fields.iter().map(|field| field.key.to_string()).collect()
    };
    let (short, short_case) = (structure("1505.1"), structure("1505.2"));
    assert_eq!((&relationship.root, &case.root), (&short.root, &short_case.root));
    let trimmed: Vec<String> = keys(short)
        .into_iter()
        .filter(|key| {
            !key.starts_with("palvelunjarjestajan_palvelu") && !key.contains("palvelutehtava")
        })
        .collect();
    assert_eq!(keys(relationship), trimmed);
    let services = [
        "palvelunjarjestajan_palveluyksikko",
        "koko_asiakkuuden_palveluyksikko",
        "palveluntuottaja",
    ];
    assert_eq!(keys(case), [keys(short_case), services.map(str::to_owned).to_vec()].concat());
}

/// Each row of each structure inside equals the nation's: number, member, names, what it holds,
/// obligation, repetition, code set and allowed values.
#[test]
fn the_tables_say_what_the_national_schemas_say() {
    let mut compared = 0;
    for structure in built_in().iter().filter(|structure| !structure.is_own()) {
        let Some(schema) = national(structure) else {
            println!("skipped: national structures, corpora missing");
            return;
        };
        let (root, node) = schema["properties"].as_object().unwrap().iter().next().unwrap();
        assert_eq!(*structure.root, **root);
        assert_eq!(structure.title, names_of(&node["sosmeta"]), "{}", structure.oid);
        let head = &schema["sosmeta"];
        assert_eq!(structure.component_library, head["dataComponentLibraryVersion"]);
        assert_eq!(structure.document_type, head["documentType"]);
        assert_eq!(structure.subject.as_deref(), head["documentSubject"].as_str());
        assert_eq!(structure.author.as_deref(), head["documentAuthor"].as_str());

        let mut ours = String::new();
        collect(&structure.fields, &mut |field| ours.push_str(&our_line(field)));
        let mut theirs = Vec::new();
        national_rows(node, &mut theirs);
        theirs.sort_by_key(|(row, _)| *row);
        compared += theirs.len();
        let theirs: String = theirs.into_iter().map(|(_, line)| line).collect();
        for (our, their) in ours.lines().zip(theirs.lines()) {
            assert_eq!(our, their, "{}", structure.oid);
        }
        assert_eq!(ours.lines().count(), theirs.lines().count(), "{}", structure.oid);
    }
    assert!(compared > 3000, "{compared}");
}

/// Rows marked conditionally obligatory that no rule asks for; docs/conditional-rules.md has the
/// reasons.
const NOT_DECIDED: &[(&str, &[u16])] = &[
    ("1505.1", &[91, 93, 142, 159]),
    ("1506.1011", &[8]),
    ("1506.8003", &[39]),
    ("1506.11000", &[14]),
    ("1506.11001", &[14]),
    ("1506.11052", &[14]),
    ("1506.13001", &[49, 50]),
];

/// ARC-5: each conditional obligation noted in the national structures has a rule, or is on the list
/// of those that cannot be decided.
#[test]
fn every_conditional_row_has_a_rule_or_a_reason() {
    let folder: PathBuf = [CORPORA, "sosmeta", "Valmis"].iter().collect();
    let Ok(files) = std::fs::read_dir(folder) else {
        println!("skipped: national structures, corpora missing");
        return;
    };
    let mut left = Vec::new();
    let own = |arc: &&str| built_in().iter().any(|one| one.is_own() && one.type_arc() == *arc);
    let mut without: HashSet<&str> =
        condition_table::rules().structures().filter(|arc| !own(arc)).collect();
    for file in files {
        let path = file.unwrap().path();
        let schema: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let structure = skeleton(&schema);
        let arc = structure.type_arc().to_owned();
        without.remove(&*arc);
        let excused =
            NOT_DECIDED.iter().find(|(other, _)| *other == arc).map_or(&[][..], |(_, rows)| rows);
        let decided = conditions::decided_rows(&structure);
        collect(&structure.fields, &mut |field| {
            let conditional = field.obligation == FieldObligation::Conditional;
            if conditional && decided.contains(&field.row) == excused.contains(&field.row) {
                left.push(format!("{arc} row {} {}", field.row, field.key));
            }
        });
    }
    assert!(left.is_empty(), "{}", left.join("\n"));
    assert!(without.is_empty(), "rules of no structure: {without:?}");
}

/// A structure with the members, numbers and obligations of a national schema, and nothing else.
fn skeleton(schema: &Value) -> Structure {
    fn rows(group: &Value) -> Vec<Field> {
        let member = |(key, node): (&String, &Value)| {
            let repeats = node["type"] == "array";
            let inner = if repeats { &node["items"] } else { node };
            let notes = &inner["sosmeta"];
            let is_group = matches!(in_finnish(notes, "representation"), "" | "Otsikko");
            let conditional = notes["conditionalRequired"] == true;
            Field {
                row: u16::try_from(notes["rowNumber"].as_u64().unwrap()).unwrap(),
                key: key.as_str().into(),
                names: names_of(notes),
                kind: if is_group { FieldKind::Group(rows(inner)) } else { FieldKind::Text },
                obligation: if conditional {
                    FieldObligation::Conditional
                } else {
                    FieldObligation::Optional
                },
                repeats,
            }
        };
        group["properties"].as_object().unwrap().iter().map(member).collect()
    }
    let (root, node) = schema["properties"].as_object().unwrap().iter().next().unwrap();
    Structure {
        oid: Oid::parse(schema["sosmeta"]["oid"].as_str().unwrap()).unwrap(),
        root: root.as_str().into(),
        fields: rows(node),
        ..built_in()[0].clone()
    }
}

fn collect<'f>(fields: &'f [Field], take: &mut impl FnMut(&'f Field)) {
    for field in fields {
        take(field);
        if let FieldKind::Group(rows) = &field.kind {
            collect(rows, take);
        }
    }
}

fn our_line(field: &Field) -> String {
    let mark = match field.obligation {
        FieldObligation::Obligatory => "!",
        FieldObligation::Conditional => "?",
        FieldObligation::Optional => "",
    };
    let repeats = if field.repeats { "*" } else { "" };
    let kind = match &field.kind {
        FieldKind::Text | FieldKind::Name | FieldKind::SignatureLine => "text".to_owned(),
        FieldKind::Date => "date".to_owned(),
        FieldKind::Moment => "moment".to_owned(),
        FieldKind::Switch => "switch".to_owned(),
        FieldKind::Number => "number".to_owned(),
        FieldKind::Quantity => "quantity".to_owned(),
        FieldKind::Code { code_set, system, allowed } => {
            let set = code_set.as_ref().map(Oid::as_str);
            format!("code {set:?} {:?} {allowed:?}", system.as_deref())
        }
        FieldKind::Identifier { system } => format!("identifier {:?}", system.as_deref()),
        FieldKind::Phrase(texts) => format!("phrase {texts:?}"),
        FieldKind::Group(rows) => format!("group of {}", rows.len()),
    };
    let Field { row, key, names, .. } = field;
    format!("{row} {key}{mark}{repeats} {kind} {:?} {:?}\n", names.fi, names.sv)
}

fn national_rows(group: &Value, lines: &mut Vec<(u64, String)>) {
    let required = |key: &str| {
        group["required"].as_array().is_some_and(|keys| keys.iter().any(|named| named == key))
    };
    for (key, node) in group["properties"].as_object().unwrap() {
        let repeats = node["type"] == "array";
        let inner = if repeats { &node["items"] } else { node };
        let notes = &inner["sosmeta"];
        let mark = match (required(key), notes["conditionalRequired"].as_bool().unwrap()) {
            (true, _) => "!",
            (false, true) => "?",
            (false, false) => "",
        };
        if repeats {
            assert_eq!(node["minItems"], u64::from(required(key)), "{key}");
        }
        let row = notes["rowNumber"].as_u64().unwrap();
        let names = names_of(notes);
        let mut line = format!("{row} {key}{mark}{} ", if repeats { "*" } else { "" });
        line.push_str(&national_kind(inner, required(key)));
        writeln!(line, " {:?} {:?}", names.fi, names.sv).unwrap();
        lines.push((row, line));
        if notes["representation"].is_null() || in_finnish(notes, "representation") == "Otsikko" {
            national_rows(inner, lines);
        }
    }
}

/// What a row holds, from the keywords that the schema enforces, not from its notes.
fn national_kind(node: &Value, required: bool) -> String {
    let parts = &node["properties"];
    let listed = |values: &Value| -> Vec<String> {
        let mut seen = HashSet::new();
        let values = values.as_array().map(Vec::as_slice).unwrap_or_default().iter();
        let values = values.map(|value| value.as_str().unwrap().to_owned());
        values.filter(|value| seen.insert(value.clone())).collect()
    };
    match in_finnish(&node["sosmeta"], "representation") {
        "" | "Otsikko" => format!("group of {}", parts.as_object().unwrap().len()),
        "Koodi" => {
            let set = parts["system"]["pattern"].as_str().map(|pattern| {
                let set = pattern.strip_prefix(r"^urn:oid:").unwrap();
                set.strip_suffix(r"(\.\d+)*$").unwrap().replace('\\', "")
            });
            let own = listed(&parts["system"]["enum"]);
            assert_eq!(node["required"].as_array().unwrap().len(), 3);
            let allowed = listed(&parts["code"]["enum"]);
            format!("code {:?} {:?} {allowed:?}", set.as_deref(), own.first().map(String::as_str))
        }
        "Tunnus" => {
            let system = node["sosmeta"]["systemUri"][0]["value"].as_str();
            assert_eq!(node["required"], serde_json::json!(["value"]));
            format!("identifier {system:?}")
        }
        "Fraasi" => format!("phrase {:?}", listed(&node["enum"])),
        "Kytkin" => node["type"].as_str().unwrap().replace("boolean", "switch"),
        "Numero" | "Lkm" => node["type"].as_str().unwrap().to_owned(),
        "Määrä" | "Mitta" | "Prosentti" => {
            assert_eq!(parts["value"]["type"], "number");
            "quantity".to_owned()
        }
        "Pvm" => format!("date{}", if is_pattern_of(node, false) { "" } else { " otherwise" }),
        "Hetki" => format!("moment{}", if is_pattern_of(node, true) { "" } else { " otherwise" }),
        "Allekirjoitus" => "text".to_owned(),
        "Teksti" | "Nimi" => {
            assert_eq!(node["minLength"] == 1, required, "an obligatory text is not empty");
            "text".to_owned()
        }
        other => panic!("{other}"),
    }
}

/// Whether the pattern is the one that the check has as code.
fn is_pattern_of(node: &Value, moment: bool) -> bool {
    const TIME: &str = r"(T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?(Z|(\+|-)((0[0-9]|1[0-3]):[0-5][0-9]|14:00)))?";
    let time = if moment { TIME } else { "" };
    let day = r"(-(0[0-9]|[1-2][0-9]|3[0-1])";
    node["pattern"] == format!(r"^-?[0-9]{{4}}(-(0[1-9]|1[0-2]){day}{time})?)?$")
}

fn names_of(notes: &Value) -> Names {
    let sv = notes["name"].as_array().unwrap().iter().find(|name| name["lang"] == "sv");
    let sv = sv.and_then(|name| name["value"].as_str()).filter(|name| !name.is_empty());
    Names { fi: in_finnish(notes, "name").to_owned(), sv: sv.map(str::to_owned) }
}

fn in_finnish<'v>(notes: &'v Value, what: &str) -> &'v str {
    let texts = notes[what].as_array().map(Vec::as_slice).unwrap_or_default();
    let finnish = texts.iter().find(|text| text["lang"] == "fi");
    finnish.and_then(|text| text["value"].as_str()).unwrap_or("")
}
