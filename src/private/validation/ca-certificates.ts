import * as fs from 'node:fs';
import { createProblem, Problem } from './problems';

/** Checks that the file exists and holds certificates, and no private key. */
export function validateCertificateFile(file: string): Problem[] {
  const text = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
  const isCertificates = text.includes('-----BEGIN CERTIFICATE-----') && !text.includes('PRIVATE KEY-----');
  return isCertificates ? [] : [createProblem('CA_CERTIFICATE_FILE_INVALID', { file })];
}
