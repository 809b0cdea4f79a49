//! The nation's form of a view: the classes, and which stands under which.
//!
//! The form is known from real messages, and the real ones deviate from each other; it binds nobody
//! in words that are public. So what deviates is remarked on and taken.
//!
//! Source: national-specs 1.3.

use roxmltree::{Document, Node};
use varanto_domain::faults::{Fault, FaultKind};

use super::{Place, classes, has_class};

/// The classes of the form, and the class that each stands under, directly or further up.
const CLASSES: &[(&str, &str)] = &[
    ("soc-document", ""),
    ("soc-header", "soc-document"),
    ("soc-logo", "soc-header"),
    ("soc-hdr1", "soc-header"),
    ("soc-hdr2", "soc-header"),
    ("soc-hdr3", "soc-header"),
    ("soc-main-wrapper", "soc-document"),
    ("soc-fulltitle", "soc-main-wrapper"),
    ("soc-list", "soc-main-wrapper"),
    ("soc-item", "soc-list"),
    ("soc-title", "soc-item"),
    ("soc-content", "soc-item"),
    ("soc-footer", "soc-document"),
    ("soc-ftr1", "soc-footer"),
    ("soc-ftr2", "soc-footer"),
    ("soc-ftr3", "soc-footer"),
];

/// The classes that every view has once.
const ONCE: &[&str] = &[
    "soc-header",
    "soc-hdr1",
    "soc-hdr2",
    "soc-hdr3",
    "soc-main-wrapper",
    "soc-footer",
    "soc-ftr1",
    "soc-ftr2",
    "soc-ftr3",
];

/// The most remarks that are made.
const MOST: usize = 20;

/// How a view that has passed the gate deviates from the form.
pub(super) fn remarks(view: &Document<'_>) -> Vec<Fault> {
    let mut form = Form { view, remarks: Vec::new() };
    form.check_root();
    form.check_once();
    for element in view.descendants().filter(Node::is_element) {
        if form.remarks.len() >= MOST {
            break;
        }
        form.check_element(element);
    }
    form.remarks
}

struct Form<'v> {
    view: &'v Document<'v>,
    remarks: Vec<Fault>,
}

impl Form<'_> {
    fn check_root(&mut self) {
        let root = self.view.root_element();
        if root.tag_name().name() != "div" || !has_class(root, "soc-document") {
            self.remark(root, "div.soc-document");
        }
        if root.attribute("id").is_none() {
            self.remark(root, "id=\"OID…\"");
        }
    }

    fn check_once(&mut self) {
        let root = self.view.root_element();
        for class in ONCE {
            let mut of_class = root.descendants().filter(|node| has_class(*node, class));
            match (of_class.next(), of_class.next()) {
                (None, _) => self.remark(root, &format!("div.{class}")),
                (_, Some(second)) => self.remark(second, &format!("one div.{class}")),
                _ => (),
            }
        }
        if !root.descendants().any(|node| is_heading(node) && has_class(node, "soc-fulltitle")) {
            self.remark(root, "h1.soc-fulltitle");
        }
    }

    fn check_element(&mut self, element: Node<'_, '_>) {
        for class in classes(element).filter(|class| class.starts_with("soc-")) {
            match CLASSES.iter().find(|(known, _)| *known == class) {
                None => {
                    let known: Vec<&str> = CLASSES.iter().map(|(known, _)| *known).collect();
                    self.remark(element, &known.join(", "));
                }
                Some((_, "")) if element == self.view.root_element() => (),
                Some((_, above)) => {
                    let mut ancestors = element.ancestors().skip(1);
                    if above.is_empty() {
                        self.remark(element, "div.soc-document as the root alone");
                    } else if !ancestors.any(|ancestor| has_class(ancestor, above)) {
                        self.remark(element, &format!("{class} under {above}"));
                    }
                }
            }
            if matches!(class, "soc-fulltitle" | "soc-title") && !is_heading(element) {
                self.remark(element, &format!("h1.{class}"));
            }
        }
        if element.tag_name().name() == "style" || element.has_attribute("style") {
            self.remark(element, "no style of its own");
        }
    }

    fn remark(&mut self, element: Node<'_, '_>, expected: &str) {
        if self.remarks.len() >= MOST {
            return;
        }
        let place = Place::of(self.view, element, "", element.range().start);
        self.remarks.push(place.fault(FaultKind::ViewForm).arg("expected", expected));
    }
}

/// The real relationship document goes down to `h3`.
fn is_heading(element: Node<'_, '_>) -> bool {
    matches!(element.tag_name().name(), "h1" | "h2" | "h3" | "h4" | "h5" | "h6")
}
