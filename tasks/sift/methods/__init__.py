"""One file for each way to judge: `Params`, and `judge(train, params, seed)`, which gives the rows to drop."""
