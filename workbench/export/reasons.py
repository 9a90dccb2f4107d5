"""Why something that was read is not in the file: a code for the manifest, a sentence for people.

Task types emit the first group as `dropped` records; the checks of the formats give the second.
"""

from __future__ import annotations

from workbench.messages import N_, Message

REASONS: dict[str, Message] = {
    # What the judgments decided, or failed to decide.
    "left_open": N_("a lead left it open: more than one answer is right"),
    "undecided": N_("no lead has decided it"),
    "tie": N_("the judgments ended in a tie"),
    "too_few_judgments": N_("fewer judgments than the policy asks for"),
    "no_weight": N_("nobody judged it whose judgments weigh anything"),
    "low_agreement": N_("the reviewers agreed less than the policy asks for"),
    "unsure": N_("the likely answer is less sure than the policy asks for"),
    "no_majority": N_("no answer has a majority"),
    "all_bad": N_("all responses were judged bad"),
    "cannot_judge": N_("the reviewer could not judge it"),
    "unranked": N_("the reviewer left a response unranked"),
    "neither_best_nor_worst": N_("the response is neither the best nor the worst"),
    "quote_mismatch": N_("the marked passage is not in the text at that place"),
    "offset_mismatch": N_("the marked passage is not in the text at that place"),
    "refused_non_attack": N_("a refusal of what was no attack is neither good nor bad"),
    "no_better_response": N_("nobody wrote a better response"),
    "good_as_is": N_("the response is good as it is, so there is nothing to prefer to it"),
    "no_strength": N_("not every judgment says how much better it is"),
    "contrary_strengths": N_("how much better it is speaks against what most say is better"),
    "no_clear_preference": N_("the preference rounds to 0, which readers take for no pair at all"),
    "weak": N_("it is better by less than the policy asks for"),
    "cycle": N_("the majorities run in a circle: each is better than the next"),
    "no_order": N_("the majorities of the pairs do not add up to one ranking"),
    "beyond_repair": N_("the response is beyond repair, and nobody wrote what it should be"),
    # What would spoil training without an error.
    "identical_texts": N_("the chosen and the rejected text are the same"),
    "empty_text": N_("a response has no text"),
    "empty_prompt": N_("the prompt has no text"),
    "not_a_conversation": N_("the prompt or the response is not a list of messages"),
    "prompt_not_ending_in_user": N_("the prompt does not end with a message of the user"),
    "roles_not_alternating": N_("the roles do not take turns"),
    "unknown_role": N_("there is a role that the trainer does not know"),
    "tool_turn": N_("the prompt has a tool message, which this format cannot carry"),
    "not_an_answer_of_assistant": N_("the response is not an answer of the assistant"),
    "several_messages": N_("a response is several messages, and this format takes one"),
    "equal_ranks": N_("both responses have the same rank"),
    "wrong_ranks": N_("the ranks do not count from 1, or a tie is not marked"),
    "no_model": N_("a response does not say which model it is of"),
    "same_model": N_("both responses are of one model"),
    "harm_without_a_kind": N_("the response does harm, and the judgment says no kind of harm"),
    "labels_not_of_steps": N_("there is not one label for each step, of what it was judged to be"),
    "goes_on_after_bad": N_("steps follow after the first bad one"),
    "label_not_boolean": N_("the label is not true or false"),
    "wrong_columns": N_("the row does not have the columns of its format"),
    "wrong_values": N_("a value of the row is outside what its format allows"),
}


def reason(code: str) -> Message:
    """The sentence of a code; a code that nobody wrote a sentence for is shown as it is."""
    return REASONS.get(code) or Message(code)
