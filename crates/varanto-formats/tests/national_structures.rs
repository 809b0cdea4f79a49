//! The national structures, all of them: loaded, filled in, broken one place at a time, and judged
//! by this archive and by a JSON Schema validator of its own making.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use base64::Engine as _;
use jsonschema::Validator;
use proptest::prelude::*;
use varanto_domain::archive::view_agreement::{Agreement, MetadataFacts, compare};
use varanto_domain::codes::CodeSets;
use varanto_domain::faults::FaultKind;
use varanto_domain::ids::{ClientIdentifier, Oid, PersonalIdentityCode};
use varanto_domain::structures::{self, ConditionFacts, Content, Difference, Structure};
use varanto_domain::time::FinnishDay;
use varanto_formats::content;
use varanto_formats::form::{self, Form};
use varanto_formats::national_schema;
use varanto_formats::structure_notes::{self, StructureNotes};
use varanto_formats::synthetic::{self, FinnishText, Fullness, Mutation};
use varanto_formats::view::{self, Heading, ViewLanguage};
use varanto_formats::xhtml;

/// As many files as the nation had published when the corpus was taken.
const FILES: usize = 202;

const FULLNESSES: [Fullness; 3] = [Fullness::Obligatory, Fullness::Typical, Fullness::Full];

struct National {
    file: String,
    structure: Structure,
    validator: Validator,
}

/// The published files, or `None`, told, where the corpus is not at hand.
fn published() -> Option<Vec<(String, Vec<u8>)>> {
    let folder = corpora().join("sosmeta").join("Valmis");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        println!("skipped: national structures, corpora missing");
        return None;
    };
    let mut files: Vec<(String, Vec<u8>)> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read(path).unwrap())
        })
        .collect();
    files.sort();
    assert_eq!(files.len(), FILES);
    Some(files)
}

fn corpora() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpora"))
}

fn national(file: String, bytes: &[u8]) -> National {
    let structure = national_schema::read(bytes)
        .unwrap_or_else(|faults| panic!("{file}: {:?}", &faults[..faults.len().min(5)]));
    let schema: serde_json::Value = serde_json::from_slice(bytes).unwrap();
    let validator = jsonschema::draft7::new(&schema).unwrap();
    National { file, structure, validator }
}

/// Does something with every published structure, half of them on each of two threads, and gives
/// back what it counted.
fn for_each<T: Default + Send>(
    work: impl Fn(&National, &mut T) + Sync,
    sum: impl Fn(T, T) -> T,
) -> Option<T> {
    let files = published()?;
    let half = |which: usize| {
        let mut counted = T::default();
        for (file, bytes) in files.iter().skip(which).step_by(2) {
            work(&national(file.clone(), bytes), &mut counted);
        }
        counted
    };
    let half = &half;
    Some(std::thread::scope(|scope| {
        let other = scope.spawn(move || half(1));
        let own = half(0);
        sum(own, other.join().unwrap())
    }))
}

fn is_valid(validator: &Validator, content: &Content) -> bool {
    validator.is_valid(&serde_json::from_str(&content::write(content)).unwrap())
}

/// The changes to try on a document: `most` of each sort, spread over the document.
fn sample(mutations: Vec<Mutation>, most: usize) -> Vec<Mutation> {
    let mut sorts: BTreeMap<(FaultKind, &str), Vec<Mutation>> = BTreeMap::new();
    for mutation in mutations {
        sorts.entry((mutation.kind, mutation.what)).or_default().push(mutation);
    }
    let spread = |sort: Vec<Mutation>| {
        let step = sort.len().div_ceil(most);
        sort.into_iter().step_by(step)
    };
    sorts.into_values().flat_map(spread).collect()
}

/// REG-3: every published structure can be taken into use, and what is printed of it is the same.
#[test]
fn every_national_structure_loads_and_prints_back_as_itself() {
    #[derive(Default)]
    struct Sizes {
        files: usize,
        rows: usize,
    }
    fn rows(fields: &[structures::Field]) -> usize {
        let below = |field: &structures::Field| match &field.kind {
            structures::FieldKind::Group(fields) => rows(fields),
            _ => 0,
        };
        fields.iter().map(|field| 1 + below(field)).sum()
    }
    let counted = for_each(
        |national, sizes: &mut Sizes| {
            let structure = &national.structure;
            assert_eq!(format!("{}.json", structure.oid), national.file);
            let printed = national_schema::write(structure);
            assert_eq!(national_schema::read(printed.as_bytes()).as_ref(), Ok(structure));
            assert_eq!(structures::diff(structure, structure), []);
            sizes.files += 1;
            sizes.rows += rows(&structure.fields);
        },
        |a, b| Sizes { files: a.files + b.files, rows: a.rows + b.rows },
    );
    let Some(counted) = counted else { return };
    assert_eq!((counted.files, counted.rows), (FILES, 12_154));
}

/// ARC-5: what the nation's schema takes, this archive takes.
#[test]
fn generated_documents_are_accepted_by_the_archive_and_by_the_national_schema() {
    let counted = for_each(
        |national, counted: &mut (usize, usize)| {
            let National { file, structure, validator } = national;
            for fullness in FULLNESSES {
                for seed in 1..=3 {
                    let document =
                        synthetic::document(structure, seed, fullness, &mut FinnishText::new());
                    let faults = structures::check(structure, &document);
                    assert!(faults.is_empty(), "{file} {fullness:?} {seed}: {faults:?}");
                    let json = content::write(&document);
                    assert_eq!(content::read(json.as_bytes(), "structured"), Ok(document));
                    assert!(
                        validator.is_valid(&serde_json::from_str(&json).unwrap()),
                        "{file} {fullness:?} {seed}"
                    );
                    counted.0 += 1;
                    counted.1 += json.len();
                }
            }
        },
        |a, b| (a.0 + b.0, a.1 + b.1),
    );
    let Some((documents, bytes)) = counted else { return };
    assert_eq!(documents, FILES * 9);
    println!("{documents} documents accepted by both, {} bytes on average", bytes / documents);
}

/// ARC-5: what the nation's schema refuses, this archive refuses, and names the element.
#[test]
fn every_single_mutation_is_refused_by_both_and_names_its_element() {
    let counted = for_each(
        |national, counted: &mut BTreeMap<&'static str, usize>| {
            let National { file, structure, validator } = national;
            for (fullness, most) in [(Fullness::Obligatory, 30), (Fullness::Full, 16)] {
                let document = synthetic::document(structure, 4, fullness, &mut FinnishText::new());
                for mutation in sample(synthetic::mutations(structure, &document), most) {
                    let broken = mutation.apply(&document);
                    let faults = structures::check(structure, &broken);
                    let found: Vec<(FaultKind, &str)> =
                        faults.iter().map(|fault| (fault.kind, fault.element.as_str())).collect();
                    assert_eq!(
                        found,
                        [(mutation.kind, mutation.element.as_str())],
                        "{file} {fullness:?}: {}",
                        mutation.what
                    );
                    assert!(
                        !is_valid(validator, &broken),
                        "{file} {fullness:?}: {} at {}",
                        mutation.what,
                        mutation.element
                    );
                    *counted.entry(mutation.kind.code()).or_default() += 1;
                }
            }
        },
        |mut a, b| {
            for (kind, count) in b {
                *a.entry(kind).or_default() += count;
            }
            a
        },
    );
    let Some(counted) = counted else { return };
    let all: usize = counted.values().sum();
    println!("{all} mutations refused by both: {counted:?}");
    for kind in [
        FaultKind::MissingElement,
        FaultKind::UnknownElement,
        FaultKind::WrongType,
        FaultKind::WrongForm,
        FaultKind::EmptyText,
        FaultKind::TooFewEntries,
        FaultKind::WrongPhrase,
        FaultKind::WrongCodeSystem,
        FaultKind::UnknownCode,
    ] {
        assert!(counted.get(kind.code()).is_some_and(|count| *count > 50), "{}", kind.code());
    }
}

/// ARC-5: the tables inside the program say what the nation's files say.
#[test]
fn each_built_in_table_and_its_national_schema_give_the_same_verdicts() {
    let Some(files) = published() else { return };
    let mut verdicts = 0;
    for own in structures::built_in().iter().filter(|structure| !structure.is_own()) {
        let name = format!("{}.json", own.oid);
        let Some((file, bytes)) = files.iter().find(|(file, _)| *file == name) else {
            panic!("no published file for {}", own.oid);
        };
        let national = national(file.clone(), bytes);
        let differing: Vec<_> = structures::diff(&national.structure, own)
            .into_iter()
            .filter(|change| !matches!(change.what, Difference::Name { .. }))
            .take(5)
            .collect();
        assert!(differing.is_empty(), "{file}: {differing:?}");

        for (maker, fullness) in FULLNESSES
            .iter()
            .flat_map(|fullness| [(own, fullness), (&national.structure, fullness)])
        {
            let document = synthetic::document(maker, 5, *fullness, &mut FinnishText::new());
            assert!(is_valid(&national.validator, &document), "{file}");
            assert_eq!(structures::check(own, &document), [], "{file}");
            verdicts += 1;
            for mutation in sample(synthetic::mutations(maker, &document), 4) {
                let broken = mutation.apply(&document);
                let of_schema = is_valid(&national.validator, &broken);
                let of_table = structures::check(own, &broken).is_empty();
                assert_eq!(
                    (of_schema, of_table),
                    (false, false),
                    "{file}: {} at {}",
                    mutation.what,
                    mutation.element
                );
                verdicts += 1;
            }
        }
    }
    println!("{} built-in structures, {verdicts} equal verdicts", structures::built_in().len());
    assert!(structures::built_in().len() >= 39);
}

/// ARC-5: what is made for tests and for the demonstration would be archived: the conditional
/// obligations are met too.
#[test]
fn generated_documents_meet_the_conditional_obligations() {
    let facts = ConditionFacts::on(FinnishDay::new(2026, 3, 1).unwrap());
    for structure in structures::built_in() {
        for fullness in [Fullness::Typical, Fullness::Full] {
            for seed in 0..5 {
                let document =
                    synthetic::document(structure, seed, fullness, &mut FinnishText::new());
                let faults = structures::check_conditions(structure, &document, &facts);
                assert_eq!(faults, [], "{} {fullness:?} {seed}", structure.oid);
            }
        }
    }
}

/// ARC-5: documents that real systems made are accepted as they are.
#[test]
fn the_structured_parts_of_real_messages_are_accepted() {
    let folder = corpora().join("national-messages");
    if !folder.exists() {
        println!("skipped: national messages, corpora missing");
        return;
    }
    let Some(files) = published() else { return };
    for message in ["plan-document.xml", "relationship-document.xml"] {
        let xml = std::fs::read_to_string(folder.join(message)).unwrap();
        let tree = roxmltree::Document::parse(&xml).unwrap();
        let text_of = |name: &str| -> String {
            let node = tree.descendants().find(|node| node.tag_name().name() == name).unwrap();
            node.descendants().filter(roxmltree::Node::is_text).filter_map(|n| n.text()).collect()
        };
        let structure = text_of("contentSpecificationId");
        let base64: String = text_of("json").split_whitespace().collect();
        let json = base64::engine::general_purpose::STANDARD.decode(base64).unwrap();

        let name = format!("{}.json", structure.trim());
        let (file, bytes) = files.iter().find(|(file, _)| *file == name).unwrap();
        let national = national(file.clone(), bytes);
        let content = content::read(&json, "structured").unwrap();
        assert_eq!(structures::check(&national.structure, &content), [], "{message}");
        assert!(is_valid(&national.validator, &content), "{message}");

        let oid = Oid::parse("1.2.246.10.8888881.95.2026.1").unwrap();
        let heading = Heading {
            document: &oid,
            organisation: "Rannikon hyvinvointialue",
            document_type: &national.structure.document_type,
            made_on: None,
            language: ViewLanguage::Finnish,
        };
        let shown = view::render(&national.structure, &content, &heading);
        let examined = xhtml::examine(shown.as_bytes(), Some(&oid));
        assert_eq!((examined.faults, examined.remarks), (vec![], vec![]));
    }
}

/// ARC-1, ARC-5: every view passes the archive's own gate without a remark, agrees with its content, and
/// no identity code stands in it in full.
#[test]
fn the_view_of_every_structure_has_the_nations_form_and_agrees_with_its_content() {
    fn codes<'c>(content: &'c Content, found: &mut Vec<&'c str>) {
        match content {
            Content::Text(text) if PersonalIdentityCode::parse(text).is_ok() => found.push(text),
            Content::List(entries) => entries.iter().for_each(|entry| codes(entry, found)),
            Content::Object(members) => members.iter().for_each(|(_, value)| codes(value, found)),
            _ => {}
        }
    }
    let oid = Oid::parse("1.2.246.10.8888881.95.2026.1").unwrap();
    let client = PersonalIdentityCode::parse("180418A903L").map(ClientIdentifier::Code).unwrap();
    let masked = for_each(
        |national, masked: &mut usize| {
            let document = synthetic::document(
                &national.structure,
                6,
                Fullness::Full,
                &mut FinnishText::new(),
            );
            let mut found = Vec::new();
            codes(&document, &mut found);
            for language in [ViewLanguage::Finnish, ViewLanguage::Swedish] {
                let heading = Heading {
                    document: &oid,
                    organisation: "Rannikon hyvinvointialue",
                    document_type: &national.structure.document_type,
                    made_on: FinnishDay::new(2026, 3, 23),
                    language,
                };
                let view = view::render(&national.structure, &document, &heading);
                let examined = xhtml::examine(view.as_bytes(), Some(&oid));
                assert_eq!(
                    (examined.faults, examined.remarks),
                    (vec![], vec![]),
                    "{}",
                    national.file
                );
                let day = FinnishDay::new(2026, 3, 23).unwrap();
                let facts = MetadataFacts { client: &client, days: [day, day] };
                let agreement = compare(&examined.shown, &national.structure, &document, facts);
                assert_eq!(agreement, Agreement::default(), "{}", national.file);
                assert!(found.iter().all(|code| !view.contains(code)), "{}", national.file);
            }
            *masked += found.len();
        },
        |a, b| a + b,
    );
    assert!(masked.is_none_or(|masked| masked > FILES));
}

/// How long the two steps take that every structured submission goes through. Prints, and fails
/// only when they are out of all proportion.
#[test]
fn reading_and_checking_a_document_of_five_kilobytes_is_quick() {
    let Some(structure) =
        structures::built_in().iter().find(|structure| structure.oid.as_str().contains(".15007."))
    else {
        panic!("the client plan of families with children is built in");
    };
    let json = (1..500)
        .map(|seed| {
            synthetic::document(structure, seed, Fullness::Typical, &mut FinnishText::new())
        })
        .map(|document| content::write(&document))
        .min_by_key(|json| json.len().abs_diff(5_000))
        .unwrap();
    let quickest = |work: &mut dyn FnMut()| {
        let times = (0..300).map(|_| {
            let start = Instant::now();
            work();
            start.elapsed()
        });
        times.min().unwrap_or_default()
    };
    let read = quickest(&mut || drop(content::read(json.as_bytes(), "structured")));
    let document = content::read(json.as_bytes(), "structured").unwrap();
    let check = quickest(&mut || drop(structures::check(structure, &document)));
    println!("{} bytes: read {read:?}, check {check:?}", json.len());
    assert!(read < Duration::from_millis(5) && check < Duration::from_millis(5));
}

fn any_content() -> impl Strategy<Value = Content<'static>> {
    let leaf = prop_oneof![
        Just(Content::Null),
        any::<bool>().prop_map(Content::Switch),
        any::<i64>().prop_map(|number| Content::Number(number.to_string().into())),
        any::<u64>().prop_map(|number| Content::Number(number.to_string().into())),
        any::<f64>()
            .prop_filter("JSON has no infinities", |number| number.is_finite())
            .prop_map(|number| Content::Number(format!("{number:?}").into())),
        any::<String>().prop_map(|text| Content::Text(text.into())),
    ];
    leaf.prop_recursive(6, 96, 8, |inner| {
        let members = prop::collection::btree_map(any::<String>(), inner.clone(), 0..30);
        prop_oneof![
            prop::collection::vec(inner, 0..8).prop_map(Content::List),
            members.prop_map(|members| {
                let members = members.into_iter().map(|(name, value)| (name.into(), value));
                Content::Object(members.collect())
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// What is written is read back the same, and another JSON reader agrees on what it says.
    #[test]
    fn content_is_read_back_as_it_was_written(content in any_content()) {
        let json = content::write(&content);
        prop_assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok());
        prop_assert_eq!(content::read(json.as_bytes(), "structured"), Ok(content));
    }

    /// Text that is not JSON is refused as another reader refuses it, wherever it is broken off or
    /// changed.
    #[test]
    fn broken_json_is_refused(content in any_content(), at in any::<prop::sample::Index>(), byte: u8) {
        let mut json = content::write(&content).into_bytes();
        let at = at.index(json.len());
        json[at] = byte;
        let other = serde_json::from_slice::<serde_json::Value>(&json).is_ok();
        match content::read(&json, "structured") {
            Ok(_) => prop_assert!(other),
            Err(fault) if fault.kind == FaultKind::DuplicateMember => prop_assert!(other),
            Err(fault) => {
                prop_assert_eq!(fault.kind, FaultKind::NotJson);
                prop_assert!(!other);
            }
        }
    }
}

/// What a form of a structure is made with: the program's code sets and what the file itself says.
fn with_form<T>(notes: &StructureNotes, work: impl FnOnce(&form::MadeWith) -> T) -> T {
    let code_sets = CodeSets::built_in();
    let day = FinnishDay::parse("2026-11-26").unwrap();
    let lists = form::CodeLists {
        code_sets: &code_sets,
        organisations: &[],
        notes,
        day,
        language: ViewLanguage::Finnish,
    };
    work(&form::MadeWith { lists: &lists, facts: &ConditionFacts::on(day) })
}

/// The document that a form makes when a browser posts it as it stands: every line end comes as two characters.
fn filled_in(structure: &Structure, document: &Content, with: &form::MadeWith) -> Content<'static> {
    let form = Form::of(structure, document, &[], with);
    let mut posted = Vec::new();
    for row in &form.rows {
        row.post(&mut posted);
    }
    for (_, value) in &mut posted {
        *value = value.replace('\n', "\r\n");
    }
    let read = form::read(structure, &posted, with.lists).unwrap();
    form::finished(structure, &read)
}

/// CAS-1: every structure makes a form, and a document that is typed into it is the same document.
#[test]
fn every_national_structure_is_a_form_and_gives_its_documents_back() {
    #[derive(Default)]
    struct Counts {
        forms: usize,
        controls: usize,
        documents: usize,
        untouched: usize,
        helped: usize,
    }
    let files: BTreeMap<String, Vec<u8>> = match published() {
        Some(files) => files.into_iter().collect(),
        None => return,
    };
    let counted = for_each(
        |national, counts: &mut Counts| {
            let notes = structure_notes::read(&files[&national.file]);
            let structure = &national.structure;
            with_form(&notes, |with| {
                let blank = Form::of(structure, &Content::Object(Vec::new()), &[], with);
                counts.forms += 1;
                for row in &blank.rows {
                    let mut posted = Vec::new();
                    row.post(&mut posted);
                    counts.controls += posted.len();
                }
                blank.each(&mut |row| counts.helped += usize::from(row.help.is_some()));
                // An untouched form makes a document in which nothing is wrong but what is missing.
                let empty = filled_in(structure, &Content::Object(Vec::new()), with);
                for fault in structures::check(structure, &empty) {
                    let missing = [FaultKind::MissingElement, FaultKind::TooFewEntries];
                    assert!(missing.contains(&fault.kind), "{}: {fault:?}", national.file);
                }
                for (seed, fullness) in
                    FULLNESSES.into_iter().flat_map(|full| (0..4).map(move |n| (n, full)))
                {
                    let document =
                        synthetic::document(structure, seed, fullness, &mut FinnishText::default());
                    let read = filled_in(structure, &document, with);
                    counts.documents += 1;
                    counts.untouched += usize::from(read == document);
                    let kept = form::finished(structure, &document);
                    assert_eq!(content::write(&read), content::write(&kept), "{}", national.file);
                    assert!(is_valid(&national.validator, &read), "{}", national.file);
                }
            });
        },
        |a, b| Counts {
            forms: a.forms + b.forms,
            controls: a.controls + b.controls,
            documents: a.documents + b.documents,
            untouched: a.untouched + b.untouched,
            helped: a.helped + b.helped,
        },
    );
    let Some(counted) = counted else { return };
    println!(
        "{} forms, {} controls, {} with a help text; {} of {} documents the same to the last member",
        counted.forms, counted.controls, counted.helped, counted.untouched, counted.documents
    );
    assert_eq!(counted.forms, FILES);
    assert!(counted.controls > 7_000 && counted.helped > 4_000);
    // The others hold groups without content, which a form leaves out.
    assert!(counted.untouched * 10 > counted.documents * 9);
}

/// CAS-1: every fault of a document has its row in the form, and every control's name is its own.
#[test]
fn every_fault_stands_beside_its_field() {
    #[derive(Default)]
    struct Counts {
        faults: usize,
        exact: usize,
    }
    let counted = for_each(
        |national, counts: &mut Counts| {
            let structure = &national.structure;
            let document =
                synthetic::document(structure, 7, Fullness::Full, &mut FinnishText::default());
            with_form(&StructureNotes::default(), |with| {
                let form = Form::of(structure, &document, &[], with);
                let mut names = std::collections::HashSet::new();
                form.each(&mut |row| {
                    assert!(names.insert(row.name.clone()), "{}: {}", national.file, row.name);
                    assert_eq!(
                        form::name_of(&form::element_of(&row.name)),
                        Some(row.name.as_str())
                    );
                });
                for mutation in sample(synthetic::mutations(structure, &document), 2) {
                    let broken = mutation.apply(&document);
                    let faults = structures::check(structure, &broken);
                    let form = Form::of(structure, &broken, &faults, with);
                    let placed: usize = form.faulty().iter().map(|row| row.faults.len()).sum();
                    assert_eq!(placed + form.faults.len(), faults.len());
                    for row in form.faulty() {
                        for fault in &row.faults {
                            let name = form::name_of(&fault.element).unwrap();
                            assert!(name.starts_with(row.name.as_str()), "{name} at {}", row.name);
                            counts.faults += 1;
                            counts.exact += usize::from(name == row.name);
                        }
                    }
                }
            });
        },
        |a, b| Counts { faults: a.faults + b.faults, exact: a.exact + b.exact },
    );
    let Some(counted) = counted else { return };
    println!("{} faults placed, {} of them named as their row is", counted.faults, counted.exact);
    assert!(counted.faults > 2_000);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// CAS-1: what people write comes back to the letter, whatever it is, in the form and in the document.
    #[test]
    fn hostile_texts_go_through_a_form_unchanged(
        text in "[^\\p{Cc}]{1,60}|<script>alert\\(1\\)</script>|\\n\\n x|\"'&lt;|(\u{202e}|\u{feff}|😀){1,5}",
        seed in 0u64..1000,
    ) {
        let structure = structures::built_in().iter().find(|one| one.type_arc() == "1506.19005").unwrap();
        let mut document = synthetic::document(structure, seed, Fullness::Full, &mut FinnishText::default());
        let place = format!("/{}/asiakaskertomusmerkinta/tapahtuma/kuvaus", structure.root);
        *document.at_mut(&place).unwrap() = Content::of_text(&text);
        let read = with_form(&StructureNotes::default(), |with| filled_in(structure, &document, with));
        prop_assert_eq!(content::write(&read), content::write(&document));
    }
}
