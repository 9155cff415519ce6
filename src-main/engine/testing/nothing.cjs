// A module without a handler, for sandbox.broker.test.ts.
module.exports = { other: 1 }
