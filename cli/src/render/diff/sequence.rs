//! Which elements of two sequences belong together.

use plumb_engine::value::{Kind, Value};
use similar::{Algorithm, DiffOp, capture_diff_slices};

/// Positions of an element before and after; one of them is absent for an element that is added or removed.
pub type Pairing = (Option<usize>, Option<usize>);

/// Pairs the elements of two lists: equal ones by the longest common subsequence, and where a run was exchanged for
/// another, those that can be compared part by part.
pub fn align(before: &[Value], after: &[Value]) -> Vec<Pairing> {
    let (before_ids, after_ids) = identify(before, after);
    let mut pairs = Vec::with_capacity(before.len().max(after.len()));
    for op in capture_diff_slices(Algorithm::Lcs, &before_ids, &after_ids) {
        match op {
            DiffOp::Equal { old_index, new_index, len } => {
                pairs.extend((0..len).map(|at| (Some(old_index + at), Some(new_index + at))));
            }
            DiffOp::Delete { old_index, old_len, .. } => {
                pairs.extend((0..old_len).map(|at| (Some(old_index + at), None)));
            }
            DiffOp::Insert { new_index, new_len, .. } => {
                pairs.extend((0..new_len).map(|at| (None, Some(new_index + at))));
            }
            DiffOp::Replace { old_index, old_len, new_index, new_len } => {
                exchange(before, after, old_index..old_index + old_len, new_index..new_index + new_len, &mut pairs);
            }
        }
    }
    pairs
}

/// Pairs elements by position.
pub fn by_position(before: usize, after: usize) -> Vec<Pairing> {
    (0..before.max(after)).map(|at| ((at < before).then_some(at), (at < after).then_some(at))).collect()
}

/// Pairs equal elements of two sets; the others are removed and added.
pub fn by_equality(before: &[Value], after: &[Value]) -> Vec<Pairing> {
    let mut free: Vec<usize> = (0..after.len()).collect();
    let mut pairs: Vec<Pairing> = before
        .iter()
        .enumerate()
        .map(|(at, value)| {
            let found = free.iter().position(|&other| after[other] == *value);
            (Some(at), found.map(|position| free.remove(position)))
        })
        .collect();
    pairs.extend(free.into_iter().map(|at| (None, Some(at))));
    pairs
}

fn exchange(
    before: &[Value],
    after: &[Value],
    mut old: std::ops::Range<usize>,
    mut new: std::ops::Range<usize>,
    pairs: &mut Vec<Pairing>,
) {
    while let (Some(from), Some(to)) = (old.clone().next(), new.clone().next()) {
        if !comparable(&before[from], &after[to]) {
            break;
        }
        pairs.push((Some(from), Some(to)));
        old.next();
        new.next();
    }
    pairs.extend(old.map(|at| (Some(at), None)));
    pairs.extend(new.map(|at| (None, Some(at))));
}

fn comparable(before: &Value, after: &Value) -> bool {
    match (before.kind(), after.kind()) {
        (Kind::Object(_), Kind::Object(_)) | (Kind::Map(..), Kind::Map(..)) => true,
        (Kind::String(before), Kind::String(after)) => before.contains('\n') && after.contains('\n'),
        _ => false,
    }
}

/// Numbers that are equal exactly where the values are.
fn identify(before: &[Value], after: &[Value]) -> (Vec<usize>, Vec<usize>) {
    let mut distinct: Vec<&Value> = Vec::new();
    let mut ids = before.iter().chain(after).map(|value| {
        distinct.iter().position(|it| *it == value).unwrap_or_else(|| {
            distinct.push(value);
            distinct.len() - 1
        })
    });
    let before_ids = ids.by_ref().take(before.len()).collect();
    (before_ids, ids.collect())
}
