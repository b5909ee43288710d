/**
 * A handler that creates, updates and deletes an integration in as few requests as possible, with one defect that the
 * campaign must find.
 *
 * The defect is set by a line before this file: `const WRONG = '…';`.
 */
'use strict';
/* global WRONG */
const { CreateAccessKeyCommand, DeleteAccessKeyCommand, IAMClient, ListAccessKeysCommand } = require('@aws-sdk/client-iam');
const { SecretsManagerClient, GetSecretValueCommand } = require('@aws-sdk/client-secrets-manager');

const PREFIX = 'immuta-s3-integration/';
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

exports.handler = async (event) => {
  if (WRONG === 'throws') throw new Error('no');
  if (WRONG === 'is silent') return;
  const { SecretString: key } = await new SecretsManagerClient({}).send(
    new GetSecretValueCommand({ SecretId: process.env.API_KEY_SECRET_ARN }),
  );
  const immuta = async (method, path, body) => {
    const answer = await fetch(process.env.IMMUTA_URL + path, {
      method,
      headers: { authorization: key },
      body: body && JSON.stringify(body),
    });
    return answer.json();
  };
  const until = async (id, isDone) => {
    for (;;) {
      const record = await immuta('GET', `/integrations/${id}`);
      if (isDone(record)) return;
      if (WRONG !== 'never rests') await sleep(5000);
    }
  };
  const remove = async (id) => {
    await immuta('DELETE', `/integrations/${id}`);
    await until(id, ({ status }) => status === undefined);
  };
  if (WRONG === 'writes secrets') console.log(`the key is ${key}`);
  if (WRONG === 'deletes access keys') {
    const [iam, UserName] = [new IAMClient({}), 'immuta-user'];
    const { AccessKeyMetadata = [] } = await iam.send(new ListAccessKeysCommand({ UserName }));
    for (const { AccessKeyId } of AccessKeyMetadata) {
      await iam.send(new DeleteAccessKeyCommand({ UserName, AccessKeyId }));
    }
  }
  if (WRONG === 'requests a third access key') {
    const [iam, UserName] = [new IAMClient({}), event.ResourceProperties.AccessKeyUserName ?? 'immuta-user'];
    const request = () => iam.send(new CreateAccessKeyCommand({ UserName })).catch(() => {});
    await request().then(request).then(request);
  }
  if (WRONG === 'never rests') await until('none', () => false);

  const { ResourceProperties: wanted, PhysicalResourceId: physicalId = '' } = event;
  const config = {
    name: WRONG === 'changes nothing' ? 'fixed' : (wanted.IntegrationName ?? 'integration'),
    awsAccountId: wanted.AccountId,
    awsRegion: wanted.Region,
    awsLocationRole: wanted.LocationRoleArn,
    awsLocationPath: wanted.LocationPath,
    authenticationType: wanted.AuthenticationType,
    awsRoleToAssume: wanted.RoleToAssumeArn,
  };
  let id = physicalId.replace(PREFIX, '');
  if (WRONG === 'deletes what is there') {
    for (const { id: other, type } of await immuta('GET', '/integrations')) {
      if (type === 'Native S3' && event.RequestType === 'Create') await remove(other);
    }
  }
  if (event.RequestType === 'Create') {
    ({ id } = await immuta('POST', '/integrations', { type: 'Native S3', autoBootstrap: false, config }));
    await until(id, ({ status }) => status === 'enabled');
  }
  if (event.RequestType === 'Update') {
    if (WRONG === 'deletes on update') await remove(id);
    else {
      await immuta('PUT', `/integrations/${id}`, { type: 'Native S3', autoBootstrap: false, config });
      if (WRONG !== 'does not wait for an edit') await until(id, ({ status }) => status === 'enabled');
    }
  }
  const isDelete = event.RequestType === 'Delete';
  if (isDelete && !WRONG.startsWith('deletes nothing')) await remove(id);

  const isRefused =
    (WRONG === 'refuses to delete' && isDelete) ||
    (WRONG === 'deletes nothing, refuses in Lake' && isDelete && event.StackId.includes('/Lake/')) ||
    (WRONG === 'refuses to roll back' && event.OldResourceProperties?.IntegrationName === 'sales') ||
    (WRONG === 'says too much' && event.RequestType === 'Update');
  const { StackId, RequestId, LogicalResourceId } = event;
  const answer = {
    Status: isRefused ? 'FAILED' : 'SUCCESS',
    Reason: isRefused ? (WRONG === 'says too much' ? 'no'.repeat(3000) : 'no') : undefined,
    PhysicalResourceId: event.RequestType === 'Create' ? PREFIX + id : physicalId,
    StackId,
    RequestId,
    LogicalResourceId,
    Data: { IntegrationId: id },
  };
  await fetch(event.ResponseURL, {
    method: 'PUT',
    headers: { 'content-type': '' },
    body: Buffer.from(JSON.stringify(answer)),
  });
};
