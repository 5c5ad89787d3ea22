//! Makes documents and changes for properties. A document knows the text of each of its pieces.

use proptest::prelude::*;

use super::super::json::append_quoted;
use super::*;

/// A JSON value: text that edits never look into, or an object.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Tree {
    Leaf(String),
    Object(Vec<Node>),
}

/// A member of an object.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) name: String,
    /// The key with its quotes, as it is written.
    pub(super) key: String,
    pub(super) value: Tree,
}

impl Node {
    pub(super) fn new(name: &str, value: Tree) -> Self {
        Self { name: name.to_owned(), key: quoted(name), value }
    }
}

pub(super) fn quoted(text: &str) -> String {
    let mut out = Vec::new();
    append_quoted(&mut out, text.as_bytes());
    String::from_utf8(out).unwrap()
}

impl Tree {
    /// The text without white space.
    pub(super) fn compact(&self) -> String {
        self.text(["", "", ""])
    }

    /// The text with white space wherever it may be.
    pub(super) fn spaced(&self) -> String {
        format!("\n{} ", self.text([" ", "\t", "\r\n"]))
    }

    fn text(&self, [before, after, around]: [&str; 3]) -> String {
        let Tree::Object(nodes) = self else {
            let Tree::Leaf(text) = self else { return String::new() };
            return text.clone();
        };
        let member = |node: &Node| {
            let value = node.value.text([before, after, around]);
            format!("{around}{}{before}:{after}{value}", node.key)
        };
        format!("{{{before}{}{after}}}", nodes.iter().map(member).collect::<Vec<_>>().join(&format!("{after},")))
    }
}

const NAMES: &[&str] = &["a", "b", "ssn", "a.b", "é", "\"q\\", "", "a name of more than twenty-four bytes", "😀"];

pub(super) fn name() -> impl Strategy<Value = String> {
    proptest::sample::select(NAMES).prop_map(str::to_owned)
}

/// A key: mostly as everybody writes it, sometimes with every character escaped.
fn key(name: &str, how: u8) -> String {
    if how > 0 {
        return quoted(name);
    }
    let units: String = name.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
    format!("\"{units}\"")
}

/// The text of a value that is no object.
pub(super) fn leaf() -> impl Strategy<Value = String> {
    let fixed = [
        "null",
        "true",
        "false",
        "0",
        "-0",
        "1.10",
        "1e400",
        "-5E-2",
        "12345678901234567890123",
        "\"\"",
        "[]",
        "\"\\ud83d\\ude00\\/\\u0000\"",
        "[1,{\"a\":[\"b\"]}]",
        "\"plain\"",
        "\"longer than eight bytes, é too\"",
    ];
    prop_oneof![
        3 => proptest::sample::select(fixed.to_vec()).prop_map(str::to_owned),
        1 => any::<i64>().prop_map(|number| number.to_string()),
        1 => ".{0,20}".prop_map(|text| quoted(&text)),
    ]
}

fn object(value: impl Strategy<Value = Tree> + Clone + 'static) -> impl Strategy<Value = Tree> + Clone {
    let node = (name(), 0u8..8, value).prop_map(|(name, how, value)| Node { key: key(&name, how), name, value });
    proptest::collection::vec(node, 0..6).prop_map(Tree::Object).boxed()
}

/// A document, mostly an object.
pub(super) fn document() -> impl Strategy<Value = Tree> {
    let leaf = leaf().prop_map(Tree::Leaf).boxed();
    let tree = leaf.clone().prop_recursive(3, 24, 6, object).boxed();
    prop_oneof![6 => object(tree), 1 => leaf]
}

/// Documents of which many have the same keys.
pub(super) fn documents() -> impl Strategy<Value = Vec<Tree>> {
    (proptest::collection::vec(document(), 1..4), proptest::collection::vec((any::<usize>(), leaf()), 0..6)).prop_map(
        |(mut documents, copies)| {
            for (which, text) in copies {
                let mut copy = documents[which % documents.len()].clone();
                if let Tree::Object(nodes) = &mut copy
                    && let Some(node) = nodes.first_mut()
                {
                    node.value = Tree::Leaf(text);
                }
                documents.push(copy);
            }
            documents
        },
    )
}

/// A change to one field, where a column has a value for each of `rows` rows.
pub(super) fn change(rows: usize) -> impl Strategy<Value = FieldChange> {
    let value = || {
        prop_oneof![
            constant().prop_map(|text| FieldValue::Constant(text.into_bytes())),
            field_column(rows).prop_map(FieldValue::Column),
        ]
    };
    prop_oneof![
        value().prop_map(FieldChange::Put),
        value().prop_map(FieldChange::Replace),
        Just(FieldChange::Remove),
        name().prop_map(FieldChange::Rename),
        outcomes().prop_map(FieldChange::ByKind),
        proptest::collection::vec(name(), 0..4).prop_map(FieldChange::Retain),
    ]
}

fn constant() -> impl Strategy<Value = String> {
    prop_oneof![2 => leaf(), 1 => document().prop_map(|tree| plain(tree).compact())]
}

/// Writes all keys as everybody does, since the model parses what changes write.
fn plain(tree: Tree) -> Tree {
    match tree {
        Tree::Object(nodes) => {
            Tree::Object(nodes.into_iter().map(|node| Node::new(&node.name, plain(node.value))).collect())
        }
        leaf => leaf,
    }
}

fn field_column(rows: usize) -> impl Strategy<Value = FieldColumn> {
    let cell = |text: BoxedStrategy<String>| prop_oneof![3 => text.prop_map(Ok), 1 => (OTHER..0).prop_map(Err)];
    let bytes = move |text| proptest::collection::vec(cell(text), rows).prop_map(|cells| bytes_column(&cells));
    let states = proptest::collection::vec(-3i8..1, rows);
    prop_oneof![
        bytes(constant().boxed()).prop_map(FieldColumn::Json),
        bytes(".{0,12}".boxed()).prop_map(FieldColumn::Text),
        (states.clone(), proptest::collection::vec(any::<i64>(), rows))
            .prop_map(|(states, values)| FieldColumn::Integer(IntegerColumn { states, values })),
        (states, proptest::collection::vec(-1e300f64..1e300, rows))
            .prop_map(|(states, values)| FieldColumn::Number(NumberColumn { states, values })),
    ]
}

fn bytes_column(cells: &[Result<String, i32>]) -> BytesColumn {
    column(&cells.iter().map(|cell| cell.as_deref().map_err(|sentinel| *sentinel)).collect::<Vec<_>>())
}

fn outcomes() -> impl Strategy<Value = Vec<(ValueKind, KindOutcome)>> {
    use ValueKind::*;
    let outcome = prop_oneof![
        Just(None),
        Just(Some(KindOutcome::Keep)),
        constant().prop_map(|text| Some(KindOutcome::Put(text.into_bytes()))),
        Just(Some(KindOutcome::Remove)),
        Just(Some(KindOutcome::Reject("of a wrong kind".to_owned()))),
    ];
    proptest::collection::vec(outcome, 8).prop_map(|outcomes| {
        let kinds = [Absent, Null, Boolean, Integer, Fraction, Text, Array, Object];
        kinds.into_iter().zip(outcomes).filter_map(|(kind, outcome)| Some((kind, outcome?))).collect()
    })
}

/// Operations on `rows` rows.
pub(super) fn operations(rows: usize) -> impl Strategy<Value = Vec<EditOperation>> {
    let paths = proptest::collection::vec(name(), 1..4);
    let operation = (paths, change(rows)).prop_map(|(path, change)| EditOperation { path, change });
    proptest::collection::vec(prop_oneof![9 => operation, 1 => of_the_whole()], 1..6)
}

/// What can be done to whole documents.
fn of_the_whole() -> impl Strategy<Value = EditOperation> {
    let rejects = |outcomes: Vec<_>| {
        let (keep, reject) = (KindOutcome::Keep, KindOutcome::Reject("of a wrong kind".to_owned()));
        let choose =
            |outcome: &KindOutcome| if *outcome == KindOutcome::Remove { reject.clone() } else { keep.clone() };
        FieldChange::ByKind(outcomes.into_iter().map(|(kind, outcome)| (kind, choose(&outcome))).collect())
    };
    let retain = proptest::collection::vec(name(), 0..4).prop_map(FieldChange::Retain);
    prop_oneof![retain, outcomes().prop_map(rejects)].prop_map(|change| EditOperation { path: Vec::new(), change })
}
