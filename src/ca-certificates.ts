import * as fs from 'node:fs';
import * as path from 'node:path';
import { FileSystem, Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import {
  ENV_CA_CERTIFICATES_BUCKET, ENV_CA_CERTIFICATES_FIELD, ENV_CA_CERTIFICATES_FILE, ENV_CA_CERTIFICATES_KEY,
  ENV_CA_CERTIFICATES_SECRET_ARN,
} from './handler/contract';
import { HandlerAddition } from './private/handler-addition';
import { buildReadObjectStatements, buildReadSecretStatements } from './private/policies/handler-role';
import { validateCertificateFile } from './private/validation/ca-certificates';
import { validateEncryptionKey } from './private/validation/encryption-keys';
import { throwProblems } from './private/validation/problems';
import { validateSecretAccess } from './private/validation/secrets';

const FILE_NAME = 'ca-certificates.pem';

/** CA certificates that a function trusts in addition to those that its runtime trusts. */
export abstract class CaCertificates {
  /**
   * Reads the certificates from a file, in PEM. The function gets them in a layer.
   *
   * Use it if the function needs the certificates to reach AWS, as behind a proxy that inspects TLS.
   *
   * @param file path of the file on the machine that synthesizes the app
   */
  public static fromFile(file: string): CaCertificates {
    return new CertificateFile(file);
  }

  /**
   * Reads the certificates from a secret, in PEM, whenever the function handles an event.
   *
   * @param secret a secret in the Region of the function
   * @param field the field that holds the certificates, if the value of the secret is JSON. By default, the value is
   * PEM
   */
  public static fromSecret(secret: secretsmanager.ISecret, field?: string): CaCertificates {
    return new CertificateSecret(secret, field);
  }

  /**
   * Reads the certificates from an object, in PEM, whenever the function handles an event. The object may have 1 MB.
   *
   * The bucket may be in another Region. If it belongs to another account, its policy, and that of its key, must also
   * allow the role of the function to read the object.
   *
   * @param bucket the bucket of the object. If it is imported and has a KMS key, import it with `encryptionKey`
   * @param key key of the object
   */
  public static fromBucket(bucket: s3.IBucket, key: string): CaCertificates {
    return new CertificateObject(bucket, key);
  }

  /** @internal */
  public abstract _bind(scope: Construct): HandlerAddition;
}

class CertificateFile extends CaCertificates {
  constructor(private readonly file: string) {
    super();
  }

  public _bind(scope: Construct): HandlerAddition {
    throwProblems(scope, validateCertificateFile(this.file));
    const folder = FileSystem.mkdtemp('ca-certificates-');
    fs.copyFileSync(this.file, path.join(folder, FILE_NAME));
    const layer = new lambda.LayerVersion(scope, 'CaCertificates', {
      description: 'CA certificates that the function trusts',
      code: lambda.Code.fromAsset(folder),
    });
    return { statements: [], environment: { [ENV_CA_CERTIFICATES_FILE]: `/opt/${FILE_NAME}` }, layers: [layer] };
  }
}

class CertificateSecret extends CaCertificates {
  constructor(private readonly secret: secretsmanager.ISecret, private readonly field?: string) {
    super();
  }

  public _bind(scope: Construct): HandlerAddition {
    // The CDK reports a reference across Regions before it runs validations, and does not name the property.
    throwProblems(scope, validateSecretAccess(scope, 'caCertificates', this.secret));
    return {
      statements: buildReadSecretStatements(this.secret, Stack.of(scope).region),
      environment: {
        [ENV_CA_CERTIFICATES_SECRET_ARN]: this.secret.secretArn,
        ...this.field === undefined ? {} : { [ENV_CA_CERTIFICATES_FIELD]: this.field },
      },
      layers: [],
    };
  }
}

class CertificateObject extends CaCertificates {
  constructor(private readonly bucket: s3.IBucket, private readonly key: string) {
    super();
  }

  public _bind(scope: Construct): HandlerAddition {
    throwProblems(scope, validateEncryptionKey('caCertificates.encryptionKey', this.bucket.encryptionKey));
    return {
      statements: buildReadObjectStatements(this.bucket, this.key),
      environment: {
        [ENV_CA_CERTIFICATES_BUCKET]: this.bucket.bucketName,
        [ENV_CA_CERTIFICATES_KEY]: this.key,
      },
      layers: [],
    };
  }
}
