//! Colour: output intents, colour profiles and colour spaces.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use lopdf::{Dictionary, Object, ObjectId};

use super::clauses as c;
use super::objects::{self, Objects, dictionary_of};
use super::report::Report;

/// How deep colour spaces nest, at most.
const MAX_DEPTH: usize = 8;

/// The colour that the file is made for.
#[derive(Default)]
pub(super) struct OutputIntent {
    /// The colour space of the PDF/A output intent's profile: `RGB `, `CMYK` or `GRAY`.
    space: Option<[u8; 4]>,
}

impl OutputIntent {
    pub(super) fn is(&self, space: [u8; 4]) -> bool {
        self.space == Some(space)
    }

    pub(super) fn is_missing(&self) -> bool {
        self.space.is_none()
    }

    /// Reads and judges the output intents.
    pub(super) fn read(objects: Objects<'_>, report: &mut Report) -> Self {
        let mut found = Self::default();
        let Some(catalog) = objects.catalog() else { return found };
        let mut profiles = Vec::new();
        for intent in objects.dictionaries(catalog, b"OutputIntents") {
            if intent.has(b"DestOutputProfileRef") {
                report.add(&c::OUTPUT_PROFILE_OUTSIDE, None, "DestOutputProfileRef");
            }
            let Some(profile) = objects.stream(intent, b"DestOutputProfile") else { continue };
            let id = objects.id(intent, b"DestOutputProfile");
            profiles.push(id);
            let ours = objects.name(intent, b"S") == Some(b"GTS_PDFA1");
            let header = objects::content(profile).and_then(|bytes| Header::read(&bytes));
            let sound = header.as_ref().is_some_and(|header| {
                header.version_fits(report.flavour.part)
                    && matches!(&header.class, b"prtr" | b"mntr")
                    && matches!(&header.space, b"RGB " | b"CMYK" | b"GRAY")
            });
            if !sound && ours {
                report.add(&c::OUTPUT_PROFILE, id, "another header");
            }
            let Some(header) = header else { continue };
            if ours {
                found.space = Some(header.space);
            }
            if header.components() != objects.integer(&profile.dict, b"N") {
                report.add(&c::OUTPUT_PROFILE, id, "another N");
            }
        }
        profiles.dedup();
        if profiles.len() > 1 {
            report.add(&c::OUTPUT_INTENTS, None, "several profiles");
        }
        found
    }
}

/// The header of a colour profile.
struct Header {
    version: u8,
    class: [u8; 4],
    space: [u8; 4],
}

impl Header {
    fn read(bytes: &[u8]) -> Option<Self> {
        let four = |at: usize| bytes.get(at..at + 4)?.try_into().ok();
        let signature: [u8; 4] = four(36)?;
        let whole = bytes.len() >= 128 && &signature == b"acsp";
        whole.then_some(Self { version: bytes[8], class: four(12)?, space: four(16)? })
    }

    fn version_fits(&self, part: u8) -> bool {
        self.version < if part == 1 { 3 } else { 5 }
    }

    fn components(&self) -> Option<i64> {
        match &self.space {
            b"GRAY" => Some(1),
            b"RGB " | b"Lab " => Some(3),
            b"CMYK" => Some(4),
            _ => None,
        }
    }
}

/// A colour space as far as the standard asks about it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum Space {
    Gray,
    Rgb,
    Cmyk,
    /// Defined without regard to a device.
    Independent,
    Icc {
        profile: ObjectId,
        components: i64,
    },
    Indexed(Rc<Space>),
    /// Uncoloured patterns have a space of their own.
    Pattern(Option<Rc<Space>>),
    Spot {
        colourants: usize,
        alternate: Rc<Space>,
        object: Option<ObjectId>,
    },
}

/// Where names of colour spaces are looked up.
pub(super) trait Named<'d> {
    fn colour_space(&mut self, name: &[u8]) -> Option<&'d Object>;
}

/// Reads colour spaces, and judges what each says by itself.
pub(super) struct Spaces<'d> {
    pub(super) objects: Objects<'d>,
    /// Spot colours seen, by name: their definitions must be alike.
    spots: BTreeMap<Vec<u8>, Vec<u8>>,
    profiles: BTreeSet<ObjectId>,
}

impl<'d> Spaces<'d> {
    pub(super) fn new(objects: Objects<'d>) -> Self {
        Self { objects, spots: BTreeMap::new(), profiles: BTreeSet::new() }
    }

    /// Reads a colour space named or written out in a content stream's resources.
    pub(super) fn read(
        &mut self,
        object: &'d Object,
        named: &mut dyn Named<'d>,
        report: &mut Report,
    ) -> Option<Space> {
        self.read_at(object, named, report, 0)
    }

    fn read_at(
        &mut self,
        object: &'d Object,
        named: &mut dyn Named<'d>,
        report: &mut Report,
        depth: usize,
    ) -> Option<Space> {
        if depth > MAX_DEPTH {
            return None;
        }
        let id = self.objects.id_of(object);
        let object = self.objects.follow(object)?;
        if let Ok(name) = object.as_name() {
            return self.read_name(name, named, report, depth);
        }
        let entries = object.as_array().ok()?;
        let entry = |at: usize| entries.get(at).and_then(|entry| self.objects.follow(entry));
        let kind = entry(0)?.as_name().ok()?;
        match kind {
            b"CalGray" | b"CalRGB" | b"Lab" => Some(Space::Independent),
            b"ICCBased" => self.read_icc(entries.get(1)?, report),
            b"Indexed" | b"I" => {
                let base = self.read_at(entries.get(1)?, named, report, depth + 1)?;
                Some(Space::Indexed(Rc::new(base)))
            }
            b"Pattern" => {
                let base = entries.get(1);
                let base = base.and_then(|base| self.read_at(base, named, report, depth + 1));
                Some(Space::Pattern(base.map(Rc::new)))
            }
            b"Separation" | b"DeviceN" => self.read_spot(entries, id, named, report, depth),
            name => self.read_name(name, named, report, depth),
        }
    }

    fn read_name(
        &mut self,
        name: &[u8],
        named: &mut dyn Named<'d>,
        report: &mut Report,
        depth: usize,
    ) -> Option<Space> {
        let (plain, default) = match name {
            b"DeviceGray" | b"G" => (Space::Gray, &b"DefaultGray"[..]),
            b"DeviceRGB" | b"RGB" => (Space::Rgb, &b"DefaultRGB"[..]),
            b"DeviceCMYK" | b"CMYK" => (Space::Cmyk, &b"DefaultCMYK"[..]),
            b"Pattern" => return Some(Space::Pattern(None)),
            other => {
                let found = named.colour_space(other)?;
                // A name that stands for itself leads nowhere.
                return self.read_at(found, named, report, depth + 1);
            }
        };
        let Some(default) = named.colour_space(default) else { return Some(plain) };
        match self.read_at(default, named, report, depth + MAX_DEPTH / 2) {
            Some(Space::Gray | Space::Rgb | Space::Cmyk) | None => Some(plain),
            independent => independent,
        }
    }

    fn read_icc(&mut self, profile: &'d Object, report: &mut Report) -> Option<Space> {
        let id = self.objects.id_of(profile)?;
        let stream = self.objects.follow(profile)?.as_stream().ok()?;
        let components = self.objects.integer(&stream.dict, b"N").unwrap_or_default();
        if self.profiles.insert(id) {
            let header = objects::content(stream).and_then(|bytes| Header::read(&bytes));
            let sound = header.as_ref().is_some_and(|header| {
                header.version_fits(report.flavour.part)
                    && matches!(&header.class, b"prtr" | b"mntr" | b"scnr" | b"spac")
                    && header.components() == Some(components)
            });
            if !sound {
                report.add(&c::ICC_PROFILE, Some(id), "another header or N");
            }
        }
        Some(Space::Icc { profile: id, components })
    }

    fn read_spot(
        &mut self,
        entries: &'d [Object],
        id: Option<ObjectId>,
        within: &mut dyn Named<'d>,
        report: &mut Report,
        depth: usize,
    ) -> Option<Space> {
        let objects = self.objects;
        let spots: Vec<&[u8]> = match objects.follow(entries.get(1)?)? {
            Object::Name(name) => vec![name],
            Object::Array(spots) => {
                spots.iter().filter_map(|name| objects.follow(name)?.as_name().ok()).collect()
            }
            _ => Vec::new(),
        };
        for name in &spots {
            if std::str::from_utf8(name).is_err() {
                report.add(&c::NAME_UTF8, id, "the name of a colourant");
            }
        }
        let alternate = self.read_at(entries.get(2)?, within, report, depth + 1)?;
        if objects.follow(entries.first()?)?.as_name().ok()? == b"Separation" {
            self.compare(spots.first()?, entries, id, report);
        } else {
            self.read_colourants(&spots, entries.get(4), id, within, report, depth);
        }
        Some(Space::Spot { colourants: spots.len(), alternate: Rc::new(alternate), object: id })
    }

    /// The attributes of a `DeviceN` space: its spot colours, each defined by itself.
    fn read_colourants(
        &mut self,
        spots: &[&[u8]],
        attributes: Option<&'d Object>,
        id: Option<ObjectId>,
        within: &mut dyn Named<'d>,
        report: &mut Report,
        depth: usize,
    ) {
        let objects = self.objects;
        let most = if report.flavour.part == 1 { 8 } else { 32 };
        if spots.len() > most {
            report.add(&c::LIMIT_COLOURANTS, id, spots.len().to_string());
        }
        let attributes = attributes.and_then(|one| objects.follow(one)).and_then(dictionary_of);
        let defined = attributes.and_then(|one| objects.dictionary(one, b"Colorants"));
        let process = attributes.and_then(|one| objects.dictionary(one, b"Process"));
        let components = process.and_then(|process| objects.array(process, b"Components"));
        let process: Vec<&[u8]> = components
            .unwrap_or_default()
            .iter()
            .filter_map(|name| objects.follow(name)?.as_name().ok())
            .collect();
        for name in spots {
            let spot = !matches!(*name, b"Cyan" | b"Magenta" | b"Yellow" | b"Black" | b"None")
                && !process.contains(name);
            if spot && !defined.is_some_and(|defined| defined.has(name)) {
                report.add(&c::COLOURANTS, id, "a colourant that is not in Colorants");
            }
        }
        for (_, colourant) in defined.into_iter().flatten() {
            self.read_at(colourant, within, report, depth + 1);
        }
    }

    /// Spot colours of one name have one definition.
    fn compare(
        &mut self,
        name: &[u8],
        entries: &'d [Object],
        id: Option<ObjectId>,
        report: &mut Report,
    ) {
        if matches!(name, b"All" | b"None") {
            return;
        }
        let mut spelt = Vec::new();
        for entry in entries.iter().skip(2) {
            spell(self.objects, entry, &mut spelt, 0);
        }
        match self.spots.get(name) {
            Some(first) if *first != spelt => {
                report.add(&c::SEPARATION_SAME, id, "another definition of the same name");
            }
            Some(_) => (),
            None => drop(self.spots.insert(name.to_vec(), spelt)),
        }
    }
}

/// Spells an object out without regard to how the file splits and compresses it.
fn spell(objects: Objects<'_>, object: &Object, into: &mut Vec<u8>, depth: usize) {
    const MOST: usize = 1 << 20;
    let Some(object) = objects.document.dereference(object).ok().map(|(_, object)| object) else {
        return into.push(b'?');
    };
    if depth > 12 || into.len() > MOST {
        return;
    }
    let dictionary = |dictionary: &Dictionary, into: &mut Vec<u8>| {
        let mut entries: Vec<_> = dictionary
            .iter()
            .filter(|(key, _)| !matches!(key.as_slice(), b"Length" | b"Filter" | b"DecodeParms"))
            .collect();
        entries.sort_by_key(|(key, _)| *key);
        for (key, value) in entries {
            into.extend_from_slice(key);
            spell(objects, value, into, depth + 1);
        }
    };
    match object {
        Object::Array(entries) => {
            into.push(b'[');
            for entry in entries {
                spell(objects, entry, into, depth + 1);
            }
            into.push(b']');
        }
        Object::Dictionary(entries) => dictionary(entries, into),
        Object::Stream(stream) => {
            dictionary(&stream.dict, into);
            into.extend(stream.get_plain_content_with_limit(MOST).unwrap_or_default());
        }
        // 1 and 1.0 are one number.
        Object::Integer(_) | Object::Real(_) => {
            let number = object.as_float().unwrap_or_default();
            into.extend_from_slice(format!("{number} ").as_bytes());
        }
        other => into.extend_from_slice(format!("{other:?} ").as_bytes()),
    }
}

/// Judges the use of a colour space for drawing.
pub(super) fn check_use(space: &Space, output: &OutputIntent, report: &mut Report) {
    match space {
        Space::Gray if output.is_missing() => {
            report.add(&c::DEVICE_COLOUR, None, "DeviceGray without an output intent");
        }
        Space::Rgb if !output.is(*b"RGB ") => {
            report.add(&c::DEVICE_COLOUR, None, "DeviceRGB without an RGB output intent");
        }
        Space::Cmyk if !output.is(*b"CMYK") => {
            report.add(&c::DEVICE_COLOUR, None, "DeviceCMYK without a CMYK output intent");
        }
        Space::Indexed(base) | Space::Pattern(Some(base)) => check_use(base, output, report),
        Space::Spot { alternate, object, .. } => {
            let device = match **alternate {
                Space::Gray => output.is_missing(),
                Space::Rgb => !output.is(*b"RGB "),
                Space::Cmyk => !output.is(*b"CMYK"),
                _ => false,
            };
            if device {
                report.add(&c::SPOT_ALTERNATE, *object, "a device colour");
            }
            check_use(alternate, output, report);
        }
        _ => (),
    }
}
