//! HTML as browsers read it, as a tree, and the tree as XML.

use std::borrow::Cow;
use std::cell::{Cell, Ref, RefCell};

use html5ever::interface::{ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::{StrTendril, TendrilSink};
use html5ever::tree_builder::TreeBuilderOpts;
use html5ever::{Attribute, ParseOpts, QualName, parse_document};

/// So deep a page may be nested.
const DEEPEST: usize = 400;
const TOO_DEEP: &str = "it is nested too deeply";
/// So many elements and texts a page may have.
const MOST_NODES: usize = 400_000;
/// So many bytes are read before the tree is looked at: elements that are never closed come again in each paragraph.
const PIECE: usize = 64;
const XHTML: &str = "http://www.w3.org/1999/xhtml";

/// What a node is.
enum Data {
    /// The document, and the contents of templates.
    Root,
    Element(QualName, Vec<Attribute>),
    Text(String),
    /// Comments and whatever shows nothing.
    Silent,
}

struct Node {
    data: Data,
    parent: Option<usize>,
    children: Vec<usize>,
    /// How deep it was when it was put among the children of another.
    depth: usize,
}

/// The tree as it grows. A node is known by its place.
struct Tree {
    nodes: RefCell<Vec<Node>>,
    deepest: Cell<usize>,
}

/// A page of HTML as XML that reads, with nothing left out but comments.
///
/// # Errors
/// What keeps it from being one.
pub(super) fn as_xml(text: &str) -> Result<String, &'static str> {
    let options = ParseOpts {
        tree_builder: TreeBuilderOpts { scripting_enabled: false, ..TreeBuilderOpts::default() },
        ..ParseOpts::default()
    };
    let root = Node { data: Data::Root, parent: None, children: Vec::new(), depth: 0 };
    let tree = Tree { nodes: RefCell::new(vec![root]), deepest: Cell::new(0) };
    let mut parser = parse_document(tree, options);
    let mut rest = text;
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.floor_char_boundary(PIECE.min(rest.len())));
        parser.process(StrTendril::from(piece));
        let tree = &parser.tokenizer.sink.sink;
        if tree.deepest.get() > DEEPEST {
            return Err(TOO_DEEP);
        }
        if tree.nodes.borrow().len() > MOST_NODES {
            return Err("it has too many elements");
        }
        rest = after;
    }
    let nodes = parser.finish();
    let mut out = String::with_capacity(text.len() + 256);
    let html = nodes[0]
        .children
        .iter()
        .copied()
        .find(|at| matches!(nodes[*at].data, Data::Element(..)))
        .ok_or("it has no elements")?;
    write(&nodes, html, 0, &mut out)?;
    Ok(out)
}

fn write(nodes: &[Node], at: usize, depth: usize, out: &mut String) -> Result<(), &'static str> {
    if depth > DEEPEST {
        return Err(TOO_DEEP);
    }
    match &nodes[at].data {
        Data::Silent => {}
        Data::Text(text) => escape(text, out)?,
        Data::Root => {
            nodes[at].children.iter().try_for_each(|one| write(nodes, *one, depth, out))?;
        }
        Data::Element(name, attributes) => {
            let name = fit(&name.local);
            out.extend(["<", name.as_str()]);
            if depth == 0 {
                out.extend([" xmlns=\"", XHTML, "\""]);
            }
            let mut written: Vec<String> = Vec::new();
            for attribute in attributes {
                let own = match &*attribute.name.local {
                    of_xml @ ("xml:lang" | "xml:space") => of_xml.to_owned(),
                    name => fit(name),
                };
                // What declares a namespace in XML is an attribute like any other in HTML.
                if own.starts_with("xmlns") || written.contains(&own) {
                    continue;
                }
                out.extend([" ", own.as_str(), "=\""]);
                escape(&attribute.value, out)?;
                out.push('"');
                written.push(own);
            }
            out.push('>');
            for child in &nodes[at].children {
                write(nodes, *child, depth + 1, out)?;
            }
            out.extend(["</", name.as_str(), ">"]);
        }
    }
    Ok(())
}

/// A name that XML takes: office programs write `o:p`, and broken markup anything.
fn fit(name: &str) -> String {
    let mut fit: String = name
        .chars()
        .map(|sign| if sign.is_ascii_alphanumeric() || sign == '-' { sign } else { '_' })
        .collect();
    if !fit.starts_with(|first: char| first.is_ascii_alphabetic()) {
        fit.insert(0, '_');
    }
    fit
}

/// A text in XML, unless XML has no sign for one of it.
fn escape(text: &str, out: &mut String) -> Result<(), &'static str> {
    for sign in text.chars() {
        match sign {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(sign),
            '\r' => out.push('\n'),
            sign if sign < ' ' || matches!(sign, '\u{fffd}'..='\u{ffff}') => {
                return Err("it has a sign that is no text");
            }
            sign => out.push(sign),
        }
    }
    Ok(())
}

impl Tree {
    fn add(&self, data: Data) -> usize {
        let mut nodes = self.nodes.borrow_mut();
        nodes.push(Node { data, parent: None, children: Vec::new(), depth: 0 });
        nodes.len() - 1
    }

    /// Puts something among a node's children, text to the text before it.
    fn put(&self, parent: usize, at: usize, child: NodeOrText<usize>) {
        let node = match child {
            NodeOrText::AppendNode(node) => {
                self.remove_from_parent(&node);
                node
            }
            NodeOrText::AppendText(more) => {
                let mut nodes = self.nodes.borrow_mut();
                let before = at.checked_sub(1).map(|before| nodes[parent].children[before]);
                if let Some(before) = before
                    && let Data::Text(text) = &mut nodes[before].data
                {
                    text.push_str(&more);
                    return;
                }
                drop(nodes);
                self.add(Data::Text(more.to_string()))
            }
        };
        let mut nodes = self.nodes.borrow_mut();
        nodes[node].parent = Some(parent);
        let depth = nodes[parent].depth + 1;
        nodes[node].depth = depth;
        self.deepest.set(self.deepest.get().max(depth));
        let at = at.min(nodes[parent].children.len());
        nodes[parent].children.insert(at, node);
    }

    fn place(&self, node: usize) -> Option<(usize, usize)> {
        let nodes = self.nodes.borrow();
        let parent = nodes[node].parent?;
        let at = nodes[parent].children.iter().position(|child| *child == node)?;
        Some((parent, at))
    }
}

impl TreeSink for Tree {
    type Handle = usize;
    type Output = Vec<Node>;
    type ElemName<'a> = Ref<'a, QualName>;

    fn finish(self) -> Vec<Node> {
        self.nodes.into_inner()
    }

    fn parse_error(&self, _: Cow<'static, str>) {}

    fn get_document(&self) -> usize {
        0
    }

    fn elem_name<'a>(&'a self, target: &'a usize) -> Ref<'a, QualName> {
        Ref::map(self.nodes.borrow(), |nodes| match &nodes[*target].data {
            Data::Element(name, _) => name,
            _ => unreachable!("the parser asks the names of elements alone"),
        })
    }

    fn create_element(&self, name: QualName, attributes: Vec<Attribute>, _: ElementFlags) -> usize {
        self.add(Data::Element(name, attributes))
    }

    fn create_comment(&self, _: StrTendril) -> usize {
        self.add(Data::Silent)
    }

    fn create_pi(&self, _: StrTendril, _: StrTendril) -> usize {
        self.add(Data::Silent)
    }

    fn append(&self, parent: &usize, child: NodeOrText<usize>) {
        let end = self.nodes.borrow()[*parent].children.len();
        self.put(*parent, end, child);
    }

    fn append_based_on_parent_node(
        &self,
        element: &usize,
        previous: &usize,
        child: NodeOrText<usize>,
    ) {
        if self.place(*element).is_some() {
            self.append_before_sibling(element, child);
        } else {
            self.append(previous, child);
        }
    }

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}

    /// What a template holds is never shown; it is kept as its children.
    fn get_template_contents(&self, target: &usize) -> usize {
        *target
    }

    fn same_node(&self, one: &usize, other: &usize) -> bool {
        one == other
    }

    fn set_quirks_mode(&self, _: QuirksMode) {}

    fn append_before_sibling(&self, sibling: &usize, child: NodeOrText<usize>) {
        if let NodeOrText::AppendNode(node) = &child {
            self.remove_from_parent(node);
        }
        if let Some((parent, at)) = self.place(*sibling) {
            self.put(parent, at, child);
        }
    }

    fn add_attrs_if_missing(&self, target: &usize, attributes: Vec<Attribute>) {
        let mut nodes = self.nodes.borrow_mut();
        if let Data::Element(_, own) = &mut nodes[*target].data {
            for attribute in attributes {
                if !own.iter().any(|known| known.name == attribute.name) {
                    own.push(attribute);
                }
            }
        }
    }

    fn remove_from_parent(&self, target: &usize) {
        if let Some((parent, at)) = self.place(*target) {
            let mut nodes = self.nodes.borrow_mut();
            nodes[parent].children.remove(at);
            nodes[*target].parent = None;
        }
    }

    fn reparent_children(&self, node: &usize, new_parent: &usize) {
        let mut nodes = self.nodes.borrow_mut();
        let children = std::mem::take(&mut nodes[*node].children);
        for child in &children {
            nodes[*child].parent = Some(*new_parent);
        }
        nodes[*new_parent].children.extend(children);
    }
}
