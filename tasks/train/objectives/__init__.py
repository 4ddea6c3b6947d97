"""What training minimises: one file per task.

A file defines `NAME` (what is trained, in words), `Model` (the auto class of transformers), `Collator` (how examples
become a batch),
`settings(labels)` (arguments of the model's configuration), `vocabulary` (the tokenizer of a built model),
`refuse(model, tokenizer)`,
`examples(table, tokenizer, max_tokens, labels)` and `losses(logits, targets)`: the loss of every example in nats, and
over how many
targets it is.
"""
