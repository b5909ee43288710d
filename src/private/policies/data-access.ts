/**
 * What a principal needs on the instance in order to read or write data with its grants.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-grants-credentials.html
 */
export const DATA_ACCESS_ACTIONS = ['s3:GetAccessGrantsInstanceForPrefix', 's3:GetDataAccess', 's3:ListCallerAccessGrants'];
