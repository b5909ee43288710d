// the CDK's own template validation costs seconds in each process: test/template-validation.newest.test.ts turns it on
process.env.CDK_VALIDATION ??= 'false';
