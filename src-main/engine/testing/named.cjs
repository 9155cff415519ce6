// A CommonJS handler, for sandbox.broker.test.ts.
exports.handler = (message) => `named ${message.data}`
