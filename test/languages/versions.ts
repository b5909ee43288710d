/**
 * The aws-cdk-lib that the consumers of every language install: a newer one than the library is compiled against, and
 * the newest that the registries of all languages are known to have.
 */
export const CDK_VERSION = '2.263.0';

/** The version that the packages have until a release gives them one. */
export const LIBRARY_VERSION = '0.0.0';
