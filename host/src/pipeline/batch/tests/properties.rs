//! Edits and reads of random documents, against the model.

use proptest::prelude::*;

use super::generate::{Tree, documents, name, operations};
use super::model::{Row, edit_row, field, kind_of};
use super::*;

/// Documents, which of them a call sees, operations on those, and how many operations each call makes.
fn case() -> impl Strategy<Value = (Vec<Tree>, Vec<u32>, Vec<EditOperation>, usize)> {
    (documents(), any::<u32>(), 1..4usize).prop_flat_map(|(documents, chosen, at_once)| {
        let rows: Vec<u32> = (0..documents.len() as u32).filter(|row| chosen >> row & 3 != 0).collect();
        let operations = operations(rows.len());
        (Just(documents), Just(rows), operations, Just(at_once))
    })
}

fn batch(texts: &[String]) -> Batch {
    batch_of(&texts.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Edits the rows in one call, a few operations at a time; columns count rows that were rejected too.
fn edit_rows(batch: &mut Batch, rows: &[u32], operations: &[EditOperation], at_once: usize) {
    batch.open_call(Call { rows: Some(rows.to_vec()), ..Call::default() }).unwrap();
    for operations in operations.chunks(at_once) {
        batch.edit(Part::Value, operations.to_vec()).unwrap();
    }
    batch.commit_call();
}

fn expected(documents: &[Tree], rows: &[u32], operations: &[EditOperation]) -> Vec<Row> {
    let edited = (0..).zip(documents).map(|(row, document)| match rows.iter().position(|chosen| *chosen == row) {
        Some(position) => edit_row(document, position, operations),
        None => Row::Kept(document.clone()),
    });
    edited.collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, ..ProptestConfig::default() })]

    #[test]
    fn edits_give_the_text_of_the_model((documents, rows, operations, at_once) in case()) {
        let texts: Vec<String> = documents.iter().map(Tree::compact).collect();
        let mut batch = batch(&texts);
        edit_rows(&mut batch, &rows, &operations, at_once);
        let kept = expected(&documents, &rows, &operations).into_iter().filter_map(|row| match row {
            Row::Kept(tree) => Some(Some(tree.compact())),
            Row::Rejected => None,
        });
        let expected: Vec<_> = kept.collect();
        prop_assert_eq!(values_of(&mut batch), expected);
    }

    #[test]
    fn edits_of_spaced_text_mean_the_same((documents, rows, operations, at_once) in case()) {
        let texts: Vec<String> = documents.iter().map(Tree::spaced).collect();
        let mut batch = batch(&texts);
        edit_rows(&mut batch, &rows, &operations, at_once);
        let outgoing = values_of(&mut batch);
        let mut outgoing = outgoing.iter().flatten();
        for ((row, text), number) in expected(&documents, &rows, &operations).into_iter().zip(&texts).zip(0..) {
            let Row::Kept(tree) = row else { continue };
            let found = outgoing.next().unwrap();
            // White space around values that were not rewritten stays, so only without any is text compared.
            prop_assert_eq!(squeezed(found), squeezed(&tree.compact()));
            if !rows.contains(&number) {
                prop_assert_eq!(found, text);
            }
        }
        prop_assert!(outgoing.next().is_none());
    }

    #[test]
    fn edits_mean_what_they_mean_on_maps((documents, rows, operations, at_once) in case()) {
        let texts: Vec<String> = documents.iter().map(Tree::spaced).collect();
        let mut batch = batch(&texts);
        edit_rows(&mut batch, &rows, &operations, at_once);
        let outgoing = values_of(&mut batch);
        let kept = expected(&documents, &rows, &operations).into_iter().filter(|row| *row != Row::Rejected);
        for (row, text) in kept.zip(outgoing.iter().flatten()) {
            let Row::Kept(tree) = row else { continue };
            // Numbers beyond doubles are text to us, and an error to serde_json.
            if !text.contains("1e400") {
                let (found, meant) = (parsed(text), parsed(&tree.compact()));
                prop_assert_eq!(found, meant);
            }
        }
    }

    #[test]
    fn reads_after_edits_give_the_fields_of_the_model(
        (documents, rows, operations, at_once) in case(),
        names in proptest::collection::vec(name(), 1..4),
    ) {
        let texts: Vec<String> = documents.iter().map(Tree::compact).collect();
        let mut batch = batch(&texts);
        edit_rows(&mut batch, &rows, &operations, at_once);
        let FieldColumn::Json(column) = batch.read_field(Part::Value, &names, FieldForm::Json).unwrap() else {
            panic!("asked for JSON")
        };
        let kept = expected(&documents, &rows, &operations).into_iter().filter_map(|row| match row {
            Row::Kept(tree) => Some(tree),
            Row::Rejected => None,
        });
        let fields: Vec<Option<Tree>> = kept.map(|tree| field(&tree, &names).cloned()).collect();
        let texts: Vec<_> = fields.iter().map(|field| match field.as_ref().map(Tree::compact) {
            None => Err(ABSENT),
            Some(text) if text == "null" => Err(NULL),
            Some(text) => Ok(text),
        }).collect();
        prop_assert_eq!(rows_of(&column), texts);
        let kinds: Vec<_> = fields.iter().map(|field| field.as_ref().map_or(ValueKind::Absent, kind_of)).collect();
        prop_assert_eq!(batch.field_kinds(Part::Value, &names).unwrap(), kinds);
    }
}

/// The text without the white space that `Tree::spaced` makes; strings have none of it.
fn squeezed(text: &str) -> String {
    text.replace([' ', '\t', '\r', '\n'], "")
}

fn parsed(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn nothing_of_a_batch_outlives_it((documents, rows, operations, at_once) in case(), (next, ..) in case()) {
        let texts: Vec<String> = documents.iter().map(Tree::compact).collect();
        let mut used = batch(&texts);
        edit_rows(&mut used, &rows, &operations, at_once);
        values_of(&mut used);
        let mut again = used.recycle();
        prop_assert_eq!((again.counts(), again.byte_size(), again.live_rows()), (Counts::default(), 0, 0));

        let texts: Vec<String> = next.iter().map(Tree::compact).collect();
        for (offset, text) in (0..).zip(&texts) {
            push(&mut again, offset, Some(text.as_bytes()));
        }
        let mut fresh = batch(&texts);
        edit_rows(&mut fresh, &[0], &[remove(&["a"])], 1);
        again.decode();
        edit_rows(&mut again, &[0], &[remove(&["a"])], 1);
        prop_assert_eq!(values_of(&mut again), values_of(&mut fresh));
        prop_assert_eq!(again.counts(), fresh.counts());
        prop_assert_eq!(rejections(&again), rejections(&fresh));
        let outgoing = |batch: &Batch| batch.outgoing().map(|(_, row)| (row.key, row.headers)).collect::<Vec<_>>();
        prop_assert_eq!(outgoing(&again), outgoing(&fresh));
    }
}
