/**
 * Actions on the instance with which a principal requests credentials for its grants.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-grants-credentials.html
 */
export const DATA_ACCESS_ACTIONS = [
  's3:GetAccessGrantsInstanceForPrefix',
  's3:GetDataAccess',
  's3:ListCallerAccessGrants',
];
