export * from './access-grants-instance';
export * from './adopting-access-grants-instance';
export * from './identity-center';
export * from './immuta-authentication';
export * from './immuta-s3-integration';
export * from './immuta-tenant';
export * from './interfaces';
export * from './s3-location';
