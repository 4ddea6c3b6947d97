"""Token classification: every word of a text bears a tag, such as B-PER where a person's name begins."""
