use proptest::prelude::*;

use super::*;

fn any_shape() -> impl Strategy<Value = RequestShape> {
    (any::<u8>()).prop_map(RequestShape::from_bits)
}

#[test]
fn a_shape_says_what_is_refused() {
    let shape = RequestShape::default();
    assert_eq!(shape.describe(), None);
    let shape = RequestShape { omits_temperature: true, ..shape };
    assert_eq!(shape.describe().as_deref(), Some("It does not take `temperature`."));
    let shape =
        RequestShape { token_field: TokenField::MaxCompletionTokens, limit: AnswerLimit::Medium, ..shape };
    let text =
        "It does not take `max_tokens`, does not take `temperature` and spends its answer on thinking.";
    assert_eq!(shape.describe().as_deref(), Some(text));
    assert!(shape.plainest().describe().unwrap_or_default().contains("a system message"));
}

#[test]
fn limits_grow_by_two_steps_and_only_where_there_is_a_limit() {
    let medium = RequestShape::default().with_longer_limit().unwrap_or_default();
    let long = medium.with_longer_limit().unwrap_or_default();
    assert_eq!((medium.limit.tokens(), long.limit.tokens()), (1_024, 4_096));
    assert_eq!(long.with_longer_limit(), None);
    assert_eq!(RequestShape::default().plainest().with_longer_limit(), None);
}

proptest! {
    #[test]
    fn bits_hold_a_shape(shape in any_shape()) {
        prop_assert!(shape.to_bits() < 128);
        prop_assert_eq!(RequestShape::from_bits(shape.to_bits()), shape);
    }

    #[test]
    fn a_part_less_changes_no_other_part(shape in any_shape(), part in proptest::sample::select(&RequestPart::ALL[..])) {
        let Some(plainer) = shape.without(part) else { return Ok(()) };
        for other in RequestPart::ALL.into_iter().filter(|it| *it != part) {
            prop_assert_eq!(shape.without(other).is_some(), plainer.without(other).is_some());
        }
        prop_assert_eq!(plainer.limit, shape.limit);
        prop_assert_eq!(plainer.with(part), shape.with(part));
    }

    #[test]
    fn nothing_is_left_of_the_plainest(shape in any_shape()) {
        prop_assert!(RequestPart::ALL.iter().all(|it| shape.plainest().without(*it).is_none()));
    }
}
