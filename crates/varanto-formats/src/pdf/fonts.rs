//! Fonts: what their dictionaries say, and what is shown with them.

mod codes;

use std::collections::{BTreeMap, HashMap, HashSet};

use lopdf::{Dictionary, Object, ObjectId, Stream};

use super::clauses as c;
use super::cmap::CMap;
use super::encodings::{self, Base};
use super::objects::{self, Objects, dictionary_of};
use super::programs::Program;
use super::report::{Flavour, Report};

const KINDS: &[&[u8]] =
    &[b"Type0", b"Type1", b"MMType1", b"TrueType", b"Type3", b"CIDFontType0", b"CIDFontType2"];
/// Every reader has these fonts' measures.
const STANDARD: &[&[u8]] = &[
    b"Courier",
    b"Courier-Bold",
    b"Courier-BoldOblique",
    b"Courier-Oblique",
    b"Helvetica",
    b"Helvetica-Bold",
    b"Helvetica-BoldOblique",
    b"Helvetica-Oblique",
    b"Symbol",
    b"Times-Bold",
    b"Times-BoldItalic",
    b"Times-Italic",
    b"Times-Roman",
    b"ZapfDingbats",
];
/// The character maps of the PDF standard, without the ending for the direction of writing, and the
/// character collection of each.
const CMAPS: &[(&str, &str)] = &[
    ("GB-EUC", "GB1"),
    ("GBpc-EUC", "GB1"),
    ("GBK-EUC", "GB1"),
    ("GBKp-EUC", "GB1"),
    ("GBK2K", "GB1"),
    ("UniGB-UCS2", "GB1"),
    ("UniGB-UTF16", "GB1"),
    ("B5pc", "CNS1"),
    ("HKscs-B5", "CNS1"),
    ("ETen-B5", "CNS1"),
    ("ETenms-B5", "CNS1"),
    ("CNS-EUC", "CNS1"),
    ("UniCNS-UCS2", "CNS1"),
    ("UniCNS-UTF16", "CNS1"),
    ("83pv-RKSJ", "Japan1"),
    ("90ms-RKSJ", "Japan1"),
    ("90msp-RKSJ", "Japan1"),
    ("90pv-RKSJ", "Japan1"),
    ("Add-RKSJ", "Japan1"),
    ("EUC", "Japan1"),
    ("Ext-RKSJ", "Japan1"),
    ("", "Japan1"),
    ("UniJIS-UCS2", "Japan1"),
    ("UniJIS-UCS2-HW", "Japan1"),
    ("UniJIS-UTF16", "Japan1"),
    ("KSC-EUC", "Korea1"),
    ("KSCms-UHC", "Korea1"),
    ("KSCms-UHC-HW", "Korea1"),
    ("KSCpc-EUC", "Korea1"),
    ("UniKS-UCS2", "Korea1"),
    ("UniKS-UTF16", "Korea1"),
];

/// The most bytes of font programs read.
const MAX_PROGRAMS: usize = 96 << 20;
/// The most glyphs measured.
const MAX_GLYPHS: usize = 200_000;
const SYMBOLIC: i64 = 4;

/// How a text is shown.
pub(super) struct Shown {
    /// Whether it is drawn, and not only there to be searched.
    pub(super) drawn: bool,
    /// Whether it has a text to be read instead.
    pub(super) replaced: bool,
}

/// The fonts of a file, each read once.
pub(super) struct Fonts<'d> {
    objects: Objects<'d>,
    /// Whether the characters' Unicode is judged.
    unicode: bool,
    read: Vec<(Font<'d>, Seen)>,
    /// Where each font stands in `read`, by its dictionary.
    places: HashMap<*const Dictionary, usize>,
    /// How many more codes are judged.
    left: usize,
    bytes: usize,
}

/// The codes of a font that were judged, each with how it was shown.
#[derive(Default)]
struct Seen {
    /// The codes under 256, as bits; most fonts have no others.
    low: [u128; 8],
    high: HashSet<(u32, usize)>,
    /// Whether the font itself was judged as one that is drawn.
    drawn: bool,
}

impl Seen {
    /// Whether a code is shown so for the first time.
    fn insert(&mut self, code: u32, shown: &Shown) -> bool {
        let way = usize::from(shown.drawn) * 2 + usize::from(shown.replaced);
        if code >= 256 {
            return self.high.insert((code, way));
        }
        let bit = 1 << (code % 128);
        let bits = &mut self.low[way * 2 + usize::from(code >= 128)];
        let first = *bits & bit == 0;
        *bits |= bit;
        first
    }
}

struct Font<'d> {
    dictionary: &'d Dictionary,
    id: Option<ObjectId>,
    kind: &'d [u8],
    /// The dictionary that holds the font itself: a composite font's descendant.
    own: &'d Dictionary,
    program: Option<Program>,
    embedded: bool,
    symbolic: bool,
    encoding: Encoding,
    cmap: Option<CMap>,
    /// The map to Unicode, where it is judged.
    to_unicode: Option<CMap>,
    widths: Widths,
    default_width: f32,
    /// `CIDToGIDMap`, when it is a stream.
    glyphs: Option<Vec<u8>>,
    /// Whether its characters are of a collection that Adobe published with a map to Unicode.
    known_collection: bool,
}

#[derive(Default)]
struct Encoding {
    base: Option<Base>,
    differences: BTreeMap<u8, String>,
    has_differences: bool,
    present: bool,
}

impl<'d> Fonts<'d> {
    pub(super) fn new(objects: Objects<'d>, flavour: Flavour) -> Self {
        Self {
            objects,
            unicode: matches!(flavour.level, Some('A' | 'U')),
            read: Vec::new(),
            places: HashMap::new(),
            left: MAX_GLYPHS,
            bytes: MAX_PROGRAMS,
        }
    }

    /// Judges texts that are shown with a font; answers the glyphs that are drawings themselves.
    pub(super) fn show<'t>(
        &mut self,
        dictionary: &'d Dictionary,
        texts: impl Iterator<Item = &'t [u8]>,
        shown: &Shown,
        report: &mut Report,
    ) -> Vec<&'d Stream> {
        let mut glyphs = Vec::new();
        let mut texts = texts.peekable();
        // A font that shows nothing is not looked at.
        if texts.peek().is_none() {
            return glyphs;
        }
        let place = self.place(dictionary, report);
        let (font, seen) = &mut self.read[place];
        if shown.drawn && !seen.drawn {
            seen.drawn = true;
            font.check_drawn(report);
        }
        for mut text in texts {
            while let Some((length, code)) = font.take_code(&mut text) {
                if font.kind == b"Type3"
                    && let Some(glyph) = font.drawing(self.objects, code)
                    && !glyphs.iter().any(|one| std::ptr::eq(*one, glyph))
                {
                    glyphs.push(glyph);
                }
                if self.left == 0 {
                    report.complete = false;
                    break;
                }
                if seen.insert(code, shown) {
                    self.left -= 1;
                    font.check_code(length, code, shown, report);
                }
            }
        }
        glyphs
    }

    /// Where a font stands among those read; judges it when it is read.
    fn place(&mut self, dictionary: &'d Dictionary, report: &mut Report) -> usize {
        let key = std::ptr::from_ref(dictionary);
        if let Some(place) = self.places.get(&key) {
            return *place;
        }
        let font = self.read_font(dictionary);
        font.check(self.objects, report);
        self.read.push((font, Seen::default()));
        self.places.insert(key, self.read.len() - 1);
        self.read.len() - 1
    }

    fn read_font(&mut self, dictionary: &'d Dictionary) -> Font<'d> {
        let objects = self.objects;
        let kind = objects.name(dictionary, b"Subtype").unwrap_or_default();
        let descendant = objects.array(dictionary, b"DescendantFonts").and_then(<[Object]>::first);
        let descendant = descendant.and_then(|one| objects.follow(one)).and_then(dictionary_of);
        let own = descendant.unwrap_or(dictionary);
        let descriptor = objects.dictionary(own, b"FontDescriptor");
        let file = descriptor.and_then(|descriptor| {
            [&b"FontFile"[..], b"FontFile2", b"FontFile3"]
                .into_iter()
                .find_map(|key| Some((key, objects.stream(descriptor, key)?)))
        });
        let program = file.and_then(|(key, stream)| {
            let bytes = stream.get_plain_content_with_limit(self.bytes).ok()?;
            self.bytes -= bytes.len().min(self.bytes);
            Program::read(key, bytes)
        });
        let flags = descriptor.and_then(|one| objects.integer(one, b"Flags")).unwrap_or_default();
        let cmap = (kind == b"Type0").then(|| match objects.get(dictionary, b"Encoding") {
            Some(Object::Stream(stream)) => {
                let bytes = objects::content(stream);
                let mut cmap = bytes.map(|bytes| CMap::read(&bytes)).unwrap_or_default();
                if stream.dict.has(b"UseCMap") && cmap.base.is_none() {
                    cmap.base = Some(Vec::new());
                }
                cmap
            }
            // Identity, and as good a guess as any for the CMaps of the standard.
            _ => CMap::default(),
        });
        let to_unicode = objects.stream(dictionary, b"ToUnicode").filter(|_| self.unicode);
        let to_unicode = to_unicode.and_then(objects::content);
        let mut font = Font {
            dictionary,
            id: own_id(objects, dictionary),
            kind,
            own,
            program,
            embedded: file.is_some(),
            symbolic: flags & SYMBOLIC != 0,
            encoding: Encoding::read(objects, dictionary),
            cmap,
            to_unicode: to_unicode.map(|bytes| CMap::read(&bytes)),
            widths: Widths::default(),
            default_width: 0.0,
            glyphs: objects.stream(own, b"CIDToGIDMap").and_then(objects::content),
            known_collection: false,
        };
        font.known_collection = font.collection(objects).is_some_and(|(registry, ordering)| {
            registry == b"Adobe"
                && matches!(ordering.as_slice(), b"GB1" | b"CNS1" | b"Japan1" | b"Korea1")
        });
        font.read_widths(objects, descriptor);
        font
    }
}

/// A font's object, found by where it stands.
fn own_id(objects: Objects<'_>, dictionary: &Dictionary) -> Option<ObjectId> {
    let mut all = objects.document.objects.iter();
    all.find(|(_, object)| object.as_dict().is_ok_and(|one| std::ptr::eq(one, dictionary)))
        .map(|(id, _)| *id)
}

impl Encoding {
    fn read(objects: Objects<'_>, font: &Dictionary) -> Self {
        let mut found = Self { present: font.has(b"Encoding"), ..Self::default() };
        match objects.get(font, b"Encoding") {
            Some(Object::Name(name)) => found.base = Base::named(name),
            Some(Object::Dictionary(encoding)) => {
                found.base = objects.name(encoding, b"BaseEncoding").and_then(Base::named);
                found.has_differences = encoding.has(b"Differences");
                let mut code = 0_u8;
                for entry in objects.array(encoding, b"Differences").unwrap_or_default() {
                    match objects.follow(entry) {
                        Some(Object::Integer(first)) => {
                            code = u8::try_from(*first).unwrap_or_default();
                        }
                        Some(Object::Name(name)) => {
                            let name = String::from_utf8_lossy(name).into_owned();
                            found.differences.insert(code, name);
                            code = code.wrapping_add(1);
                        }
                        _ => (),
                    }
                }
            }
            _ => (),
        }
        found
    }
}

/// The widths of codes or characters.
#[derive(Default)]
struct Widths {
    /// Each with its code; once settled, in the order of the codes and each code once.
    told: Vec<(u32, f32)>,
}

impl Widths {
    /// Takes a width; one that is told later counts.
    fn add(&mut self, code: u32, width: f32) {
        self.told.push((code, width));
    }

    /// Puts what was taken in order.
    fn settle(&mut self) {
        self.told.sort_by_key(|(code, _)| *code);
        self.told.dedup_by(|later, kept| {
            let same = later.0 == kept.0;
            if same {
                kept.1 = later.1;
            }
            same
        });
    }

    fn are_more_than(&mut self, most: usize) -> bool {
        if self.told.len() > most {
            self.settle();
        }
        self.told.len() > most
    }

    fn of(&self, code: u32) -> Option<f32> {
        let at = self.told.binary_search_by_key(&code, |(code, _)| *code).ok()?;
        Some(self.told[at].1)
    }
}

impl<'d> Font<'d> {
    fn is_composite(&self) -> bool {
        self.kind == b"Type0"
    }

    fn is_type_1(&self) -> bool {
        matches!(self.kind, b"Type1" | b"MMType1")
    }

    fn descendant_kind(&self, objects: Objects<'d>) -> &'d [u8] {
        objects.name(self.own, b"Subtype").unwrap_or_default()
    }

    fn read_widths(&mut self, objects: Objects<'d>, descriptor: Option<&'d Dictionary>) {
        if self.is_composite() {
            self.default_width = objects.number(self.own, b"DW").unwrap_or(1000.0);
            self.read_character_widths(objects);
            return;
        }
        self.default_width =
            descriptor.and_then(|one| objects.number(one, b"MissingWidth")).unwrap_or(0.0);
        let first = objects.integer(self.dictionary, b"FirstChar").unwrap_or_default();
        let first = u32::try_from(first).unwrap_or_default();
        for (code, width) in
            (first..).zip(objects.array(self.dictionary, b"Widths").unwrap_or_default())
        {
            if let Some(width) = objects.follow(width).and_then(|width| width.as_float().ok()) {
                self.widths.add(code, width);
            }
        }
        self.widths.settle();
    }

    /// `W`: `first [w1 w2 …]` or `first last w`.
    fn read_character_widths(&mut self, objects: Objects<'d>) {
        self.take_character_widths(objects);
        self.widths.settle();
    }

    fn take_character_widths(&mut self, objects: Objects<'d>) {
        const MOST: u32 = 65_536;
        let entries = objects.array(self.own, b"W").unwrap_or_default();
        let mut entries = entries.iter().filter_map(|entry| objects.follow(entry));
        let whole = |object: &Object| u32::try_from(object.as_i64().ok()?).ok();
        while let (Some(first), Some(next)) = (entries.next(), entries.next()) {
            let Some(first) = whole(first) else { return };
            if let Object::Array(widths) = next {
                for (character, width) in (first..).zip(widths) {
                    let width = objects.follow(width).and_then(|width| width.as_float().ok());
                    if let Some(width) = width {
                        self.widths.add(character, width);
                    }
                }
                continue;
            }
            let (Some(last), Some(width)) = (whole(next), entries.next()) else { return };
            let Ok(width) = width.as_float() else { return };
            for character in first..=last.min(first.saturating_add(MOST)) {
                self.widths.add(character, width);
            }
            if self.widths.are_more_than(4 * MOST as usize) {
                return;
            }
        }
    }

    /// Judges what the dictionary says by itself.
    fn check(&self, objects: Objects<'d>, report: &mut Report) {
        let dictionary = self.dictionary;
        if !dictionary.has_type(b"Font") {
            report.add(&c::FONT_KEYS, self.id, "another Type");
        }
        if !KINDS.contains(&self.kind) {
            report.add(&c::FONT_KEYS, self.id, "another Subtype");
        }
        let name = objects.name(dictionary, b"BaseFont");
        if name.is_none() && self.kind != b"Type3" {
            report.add(&c::FONT_KEYS, self.id, "no BaseFont");
        }
        if name.is_some_and(|name| std::str::from_utf8(name).is_err()) {
            report.add(&c::NAME_UTF8, self.id, "the name of a font");
        }
        self.check_program_kind(objects, report);
        if self.is_composite() {
            self.check_composite(objects, report);
            return;
        }
        let standard = self.kind == b"Type1" && name.is_some_and(|name| STANDARD.contains(&name));
        let first = objects.integer(dictionary, b"FirstChar");
        let last = objects.integer(dictionary, b"LastChar");
        let widths = objects.array(dictionary, b"Widths").map(<[Object]>::len);
        if !standard {
            let count = first.zip(last).map(|(first, last)| last - first + 1);
            let told = widths.and_then(|widths| i64::try_from(widths).ok());
            if count.is_none() || told != count {
                report.add(&c::FONT_KEYS, self.id, "FirstChar, LastChar and Widths disagree");
            }
        }
        if self.is_type_1() && self.embedded {
            self.check_char_set(objects, name.unwrap_or_default(), report);
        }
    }

    /// What a compact program says to be; that it says nothing harms nobody.
    fn check_program_kind(&self, objects: Objects<'d>, report: &mut Report) {
        let descriptor = objects.dictionary(self.own, b"FontDescriptor");
        let program = descriptor.and_then(|one| objects.stream(one, b"FontFile3"));
        let kind = program.and_then(|program| objects.name(&program.dict, b"Subtype"));
        let known = match kind {
            None | Some(b"Type1C" | b"CIDFontType0C") => true,
            Some(b"OpenType") => report.flavour.part != 1,
            Some(_) => false,
        };
        if !known {
            report.add(&c::FONT_KEYS, self.id, "a font program of another Subtype");
        }
    }

    fn check_char_set(&self, objects: Objects<'d>, name: &[u8], report: &mut Report) {
        let descriptor = objects.dictionary(self.own, b"FontDescriptor");
        let listed = descriptor.and_then(|one| objects.string(one, b"CharSet"));
        let Some(listed) = listed else {
            if report.flavour.part == 1 && is_subset(name) {
                report.add(&c::CHAR_SET, self.id, "no CharSet");
            }
            return;
        };
        let Some(names) = self.program.as_ref().and_then(Program::names) else { return };
        if !is_subset(name) {
            return;
        }
        let listed = String::from_utf8_lossy(listed);
        let listed: HashSet<&str> = listed
            .split('/')
            .map(str::trim)
            .filter(|name| !name.is_empty() && *name != ".notdef")
            .collect();
        let held: HashSet<&str> =
            names.keys().map(String::as_str).filter(|name| *name != ".notdef").collect();
        let wrong =
            if report.flavour.part == 1 { !listed.is_subset(&held) } else { listed != held };
        if wrong {
            report.add(&c::CHAR_SET, self.id, "other glyphs than the font program's");
        }
    }

    fn check_composite(&self, objects: Objects<'d>, report: &mut Report) {
        let kind = self.descendant_kind(objects);
        let name = objects.name(self.own, b"BaseFont").unwrap_or_default();
        if kind == b"CIDFontType2" && self.embedded {
            let sound = match objects.get(self.own, b"CIDToGIDMap") {
                Some(Object::Name(name)) => name == b"Identity",
                Some(Object::Stream(_)) => true,
                _ => false,
            };
            if !sound {
                report.add(&c::CID_TO_GID, self.id, "no CIDToGIDMap");
            }
        }
        let descriptor = objects.dictionary(self.own, b"FontDescriptor");
        let set = descriptor.and_then(|one| objects.stream(one, b"CIDSet"));
        if is_subset(name) && self.embedded {
            match set {
                None if report.flavour.part == 1 => {
                    report.add(&c::CID_SET, self.id, "no CIDSet");
                }
                // Public validators ask no more of part 1 than that there is one.
                Some(set) if report.flavour.part != 1 && self.leaves_out_characters(set) => {
                    report.add(&c::CID_SET, self.id, "a CIDSet that leaves characters out");
                }
                _ => (),
            }
        }
        match objects.get(self.dictionary, b"Encoding") {
            Some(Object::Name(name)) => self.check_cmap_name(objects, name, report),
            Some(Object::Stream(stream)) => self.check_cmap(objects, stream, report),
            _ => report.add(&c::FONT_KEYS, self.id, "no Encoding"),
        }
    }

    /// Whether a `CIDSet` leaves out a character that the font program names; only compact CID fonts do.
    fn leaves_out_characters(&self, set: &Stream) -> bool {
        let Some(characters) = self.program.as_ref().and_then(Program::characters) else {
            return false;
        };
        let Some(bits) = objects::content(set) else { return false };
        let listed = |character: u16| {
            let byte = bits.get(usize::from(character / 8)).copied().unwrap_or_default();
            byte & (0x80 >> (character % 8)) != 0
        };
        // Every font has character 0.
        characters.into_iter().any(|character| character != 0 && !listed(character))
    }

    fn collection(&self, objects: Objects<'d>) -> Option<(Vec<u8>, Vec<u8>)> {
        let info = objects.dictionary(self.own, b"CIDSystemInfo")?;
        let of = |key: &[u8]| objects.string(info, key).map(<[u8]>::to_vec);
        Some((of(b"Registry")?, of(b"Ordering")?))
    }

    fn check_cmap_name(&self, objects: Objects<'d>, name: &[u8], report: &mut Report) {
        if matches!(name, b"Identity-H" | b"Identity-V") {
            return;
        }
        let known = collection_of(name);
        if report.flavour.part == 1 || known.is_none() {
            report.add(&c::CMAP, self.id, "a CMap that is not embedded");
        }
        if let (Some(known), Some((registry, ordering))) = (known, self.collection(objects))
            && (registry != b"Adobe" || ordering != known.as_bytes())
        {
            report.add(&c::CID_SYSTEM, self.id, "another character collection");
        }
    }

    fn check_cmap(&self, objects: Objects<'d>, stream: &'d Stream, report: &mut Report) {
        let Some(cmap) = &self.cmap else { return };
        let told = objects.integer(&stream.dict, b"WMode").unwrap_or_default();
        if cmap.vertical.unwrap_or_default() != told {
            report.add(&c::CMAP, self.id, "another WMode");
        }
        let base = match objects.get(&stream.dict, b"UseCMap") {
            Some(Object::Name(name)) => Some(name.clone()),
            Some(Object::Stream(inner)) => {
                Some(objects.name(&inner.dict, b"CMapName").unwrap_or_default().to_vec())
            }
            _ => cmap.base.clone(),
        };
        if let Some(base) = base {
            let identity = matches!(base.as_slice(), b"Identity-H" | b"Identity-V");
            if !identity && (report.flavour.part == 1 || collection_of(&base).is_none()) {
                report.add(&c::CMAP, self.id, "a CMap that goes on from one not embedded");
            }
        }
        let info = objects.dictionary(&stream.dict, b"CIDSystemInfo");
        let of = |key: &[u8]| info.and_then(|info| objects.string(info, key));
        let (registry, ordering) = match (of(b"Registry"), of(b"Ordering")) {
            (Some(registry), Some(ordering)) => (registry, ordering),
            _ => match (&cmap.registry, &cmap.ordering) {
                (Some(registry), Some(ordering)) => (registry.as_slice(), ordering.as_slice()),
                _ => return,
            },
        };
        let Some(own) = self.collection(objects) else { return };
        if (registry, ordering) != (own.0.as_slice(), own.1.as_slice()) {
            report.add(&c::CID_SYSTEM, self.id, "another character collection");
        }
        let supplement = |info: Option<&'d Dictionary>| {
            info.and_then(|info| objects.integer(info, b"Supplement"))
        };
        let font = supplement(objects.dictionary(self.own, b"CIDSystemInfo"));
        if let (Some(font), Some(cmap)) = (font, supplement(info))
            && font < cmap
            && report.flavour.part != 1
        {
            report.add(&c::CID_SYSTEM, self.id, "an older supplement");
        }
    }

    /// Takes the first code off a text; answers it with its length.
    fn take_code(&self, text: &mut &[u8]) -> Option<(usize, u32)> {
        let byte = *text.first()?;
        let (length, code) = match &self.cmap {
            Some(cmap) => cmap.first(text),
            None => (1, u32::from(byte)),
        };
        *text = &text[length..];
        Some((length, code))
    }

    /// Judges what only matters of fonts that are drawn.
    fn check_drawn(&self, report: &mut Report) {
        if !self.embedded && self.kind != b"Type3" {
            report.add(&c::FONT_EMBEDDED, self.id, objects::shown(self.kind));
        }
        if self.kind != b"TrueType" || !self.embedded {
            return;
        }
        let part_1 = report.flavour.part == 1;
        let maps = self.program.as_ref().and_then(Program::character_maps);
        let encoding = &self.encoding;
        if self.symbolic {
            if encoding.present {
                report.add(&c::FONT_ENCODING, self.id, "Encoding of a symbolic font");
            }
            if let Some(maps) = &maps
                && maps.len() != 1
                && (part_1 || !maps.contains(&(3, 0)))
            {
                report.add(&c::FONT_ENCODING, self.id, "several character maps of a symbolic font");
            }
            return;
        }
        let mut plain = matches!(encoding.base, Some(Base::MacRoman | Base::WinAnsi));
        if encoding.has_differences {
            let listed = encoding
                .differences
                .values()
                .all(|name| name == ".notdef" || encodings::unicode_of(name).is_some());
            let unicode = maps.as_ref().is_none_or(|maps| maps.contains(&(3, 1)));
            if part_1 || !listed || !unicode {
                report.add(&c::FONT_ENCODING, self.id, "Differences");
            } else {
                // Public validators ask for no encoding below differences that say it all.
                plain |= encoding.base.is_none();
            }
        }
        if !plain {
            report.add(&c::FONT_ENCODING, self.id, "another Encoding");
        }
        let symbols_only = |maps: &[(u16, u16)]| !part_1 && maps == [(3, 0)];
        if maps.is_some_and(|maps| maps.is_empty() || symbols_only(&maps)) {
            report.add(&c::FONT_ENCODING, self.id, "no character map for letters");
        }
    }
}

fn is_subset(name: &[u8]) -> bool {
    name.len() > 7 && name[6] == b'+' && name[..6].iter().all(u8::is_ascii_uppercase)
}

/// The character collection of a character map of the standard.
fn collection_of(name: &[u8]) -> Option<&'static str> {
    let name = std::str::from_utf8(name).ok()?;
    let stem = match name {
        "H" | "V" => "",
        name => name.strip_suffix("-H").or_else(|| name.strip_suffix("-V"))?,
    };
    CMAPS.iter().find(|(one, _)| *one == stem).map(|(_, collection)| *collection)
}
