import { testDeployment } from './deploy-and-destroy';
import { useSandbox } from './fixture';

testDeployment(useSandbox());
