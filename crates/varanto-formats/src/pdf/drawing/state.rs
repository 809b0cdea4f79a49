//! The graphics state, and the dictionaries that change it.

use std::rc::Rc;

use lopdf::{Dictionary, Object, Stream};

use super::super::clauses as c;
use super::super::colour::{Named, Space};
use super::super::objects::{Objects, dictionary_of, shown};
use super::{Drawing, MAX_DEPTH};

const INTENTS: &[&[u8]] =
    &[b"AbsoluteColorimetric", b"Perceptual", b"RelativeColorimetric", b"Saturation"];
const BLEND_MODES: &[&[u8]] = &[
    b"Normal",
    b"Compatible",
    b"Multiply",
    b"Screen",
    b"Overlay",
    b"Darken",
    b"Lighten",
    b"ColorDodge",
    b"ColorBurn",
    b"HardLight",
    b"SoftLight",
    b"Difference",
    b"Exclusion",
    b"Hue",
    b"Saturation",
    b"Color",
    b"Luminosity",
];

/// The resources of a content stream, and those of where it is drawn.
#[derive(Clone, Copy)]
pub(super) struct Resources<'d> {
    pub(super) objects: Objects<'d>,
    pub(super) own: Option<&'d Dictionary>,
    pub(super) outer: Option<&'d Dictionary>,
    /// Whether something was found in the outer ones only.
    pub(super) inherited: bool,
}

impl<'d> Resources<'d> {
    pub(super) fn find(&mut self, kind: &[u8], name: &[u8]) -> Option<&'d Object> {
        let within = |resources: Option<&'d Dictionary>| {
            let named = self.objects.dictionary(resources?, kind)?;
            named.get(name).ok().filter(|object| self.objects.follow(object).is_some())
        };
        if let Some(found) = within(self.own) {
            return Some(found);
        }
        let found = within(self.outer)?;
        self.inherited = true;
        Some(found)
    }
}

impl<'d> Named<'d> for Resources<'d> {
    fn colour_space(&mut self, name: &[u8]) -> Option<&'d Object> {
        // A default colour space is no resource that the stream names.
        if name.starts_with(b"Default") {
            let found = self.objects.dictionary(self.own.or(self.outer)?, b"ColorSpace")?;
            return found.get(name).ok();
        }
        self.find(b"ColorSpace", name)
    }
}

/// What areas, or lines, are drawn with.
#[derive(Clone)]
pub(super) struct Pen<'d> {
    pub(super) space: Rc<Space>,
    pub(super) pattern: Option<&'d Object>,
    /// Whether the colour was chosen, and is not the initial one.
    pub(super) chosen: bool,
    pub(super) overprint: bool,
}

/// The graphics state, as far as the standard asks about it.
#[derive(Clone)]
pub(super) struct State<'d> {
    pub(super) fill: Pen<'d>,
    pub(super) stroke: Pen<'d>,
    /// How text is drawn: 3 and 7 draw nothing.
    pub(super) mode: i64,
    pub(super) font: Option<&'d Dictionary>,
    overprint_mode: i64,
    /// How many marked contents are open from the first that has a text to be read instead.
    pub(super) replaced: usize,
}

impl State<'_> {
    pub(super) fn new() -> Self {
        let pen =
            || Pen { space: Rc::new(Space::Gray), pattern: None, chosen: false, overprint: false };
        let (fill, stroke) = (pen(), pen());
        Self { fill, stroke, mode: 0, font: None, overprint_mode: 0, replaced: 0 }
    }

    pub(super) fn set_colour(&mut self, stroke: bool, space: Space) {
        let pen = if stroke { &mut self.stroke } else { &mut self.fill };
        pen.space = Rc::new(space);
        pen.pattern = None;
        pen.chosen = true;
    }

    /// Whether the pen overprints in mode 1.
    pub(super) fn overprints(&self, pen: &Pen<'_>) -> bool {
        pen.overprint && self.overprint_mode == 1
    }
}

/// What a stream is drawn in: a stream is looked at once for each.
#[derive(PartialEq, Eq, Hash)]
pub(super) struct Drawn {
    stream: *const Stream,
    resources: *const Dictionary,
    fill: Rc<Space>,
    stroke: Rc<Space>,
    mode: i64,
    replaced: bool,
}

impl Drawn {
    pub(super) fn new(stream: &Stream, resources: &Resources<'_>, state: &State<'_>) -> Self {
        let resources = resources.own.or(resources.outer);
        Self {
            stream: std::ptr::from_ref(stream),
            resources: resources.map_or(std::ptr::null(), std::ptr::from_ref),
            fill: Rc::clone(&state.fill.space),
            stroke: Rc::clone(&state.stroke.space),
            mode: state.mode,
            replaced: state.replaced > 0,
        }
    }
}

impl<'d> Drawing<'d, '_> {
    pub(super) fn check_intent(&mut self, intent: &[u8]) {
        if !INTENTS.contains(&intent) {
            self.report.add(&c::RENDERING_INTENT, None, shown(intent));
        }
    }

    pub(super) fn set_state(
        &mut self,
        found: &'d Dictionary,
        state: &mut State<'d>,
        resources: &mut Resources<'d>,
    ) {
        let objects = self.objects;
        if let Some(overprint) = objects.get(found, b"OP").and_then(|flag| flag.as_bool().ok()) {
            state.stroke.overprint = overprint;
            if !found.has(b"op") {
                state.fill.overprint = overprint;
            }
        }
        if let Some(overprint) = objects.get(found, b"op").and_then(|flag| flag.as_bool().ok()) {
            state.fill.overprint = overprint;
        }
        if let Some(mode) = objects.integer(found, b"OPM") {
            state.overprint_mode = mode;
        }
        if let Some(font) = objects.array(found, b"Font").and_then(<[Object]>::first) {
            state.font = objects.follow(font).and_then(dictionary_of);
        }
        let part_1 = self.report.flavour.part == 1;
        let faint = [&b"CA"[..], b"ca"]
            .iter()
            .any(|key| objects.number(found, key).is_some_and(|alpha| alpha < 1.0));
        let masked =
            objects.get(found, b"SMask").is_some_and(|mask| mask.as_name().ok() != Some(b"None"));
        let modes: Vec<&[u8]> = match objects.get(found, b"BM") {
            Some(Object::Name(mode)) => vec![mode],
            Some(Object::Array(modes)) => {
                modes.iter().filter_map(|mode| objects.follow(mode)?.as_name().ok()).collect()
            }
            _ => Vec::new(),
        };
        let blends = modes.iter().any(|mode| !matches!(*mode, b"Normal" | b"Compatible"));
        self.transparent |= faint || masked || blends;
        // A soft mask's group is drawn too.
        if let Some(mask) = objects.dictionary(found, b"SMask")
            && let Some(group) = objects.stream(mask, b"G")
            && !part_1
        {
            self.draw_form(group, *resources, &State::new(), MAX_DEPTH / 2);
        }
        if !self.states.insert(std::ptr::from_ref(found)) {
            return;
        }
        for (wrong, what) in [(faint, "CA or ca under 1"), (masked, "SMask")] {
            if wrong {
                self.report.add(&c::TRANSPARENCY, None, what);
            }
        }
        for mode in modes {
            let known = if part_1 { &BLEND_MODES[..2] } else { BLEND_MODES };
            if !known.contains(&mode) {
                self.report.add(&c::BLEND_MODE, None, shown(mode));
            }
        }
        self.check_state_keys(found);
    }

    fn check_state_keys(&mut self, found: &'d Dictionary) {
        let objects = self.objects;
        if found.has(b"TR") {
            self.report.add(&c::TRANSFER_FUNCTION, None, "TR");
        }
        if found.has(b"TR2") && objects.name(found, b"TR2") != Some(b"Default") {
            self.report.add(&c::TRANSFER_FUNCTION, None, "TR2");
        }
        if found.has(b"HTP") {
            self.report.add(&c::HALFTONE, None, "HTP");
        }
        if let Some(intent) = objects.name(found, b"RI") {
            self.check_intent(intent);
        }
        if let Some(halftone) = objects.get(found, b"HT").and_then(dictionary_of) {
            self.check_halftone(halftone);
        }
    }

    fn check_halftone(&mut self, halftone: &'d Dictionary) {
        let objects = self.objects;
        let kind = objects.integer(halftone, b"HalftoneType");
        if !matches!(kind, Some(1 | 5)) {
            self.report.add(&c::HALFTONE, None, "another type");
        }
        if halftone.has(b"HalftoneName") {
            self.report.add(&c::HALFTONE, None, "a name");
        }
        if kind != Some(5) {
            if halftone.has(b"TransferFunction") {
                self.report.add(&c::HALFTONE, None, "a transfer function of the only halftone");
            }
            return;
        }
        for (colourant, one) in halftone {
            let Some(one) = objects.follow(one).and_then(dictionary_of) else { continue };
            if !matches!(objects.integer(one, b"HalftoneType"), Some(1 | 5)) {
                self.report.add(&c::HALFTONE, None, "another type");
            }
            if one.has(b"HalftoneName") {
                self.report.add(&c::HALFTONE, None, "a name");
            }
            let primary = match colourant.as_slice() {
                b"Cyan" | b"Magenta" | b"Yellow" | b"Black" => true,
                b"Default" | b"Gray" => continue,
                _ => false,
            };
            match (primary, one.has(b"TransferFunction")) {
                (true, true) => {
                    self.report.add(&c::HALFTONE, None, "a transfer function for a primary colour");
                }
                (false, false) => {
                    self.report.add(&c::HALFTONE, None, "no transfer function for another colour");
                }
                _ => (),
            }
        }
    }
}
