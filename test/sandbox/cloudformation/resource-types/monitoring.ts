import { Made, ResourceRequest, ResourceType, ResourceTypes, World } from './resource-type';

/** Rules, schedules and alarms. They also count as other resources, as a check that nothing is left. */
export function monitoringTypes({ eventSchedules, cloudWatch }: World, any: ResourceType): ResourceTypes {
  const extend = (
    add: (arn: string, request: ResourceRequest, made: Made) => void,
    remove: (arn: string, physicalId: string) => void,
  ): ResourceType => ({
    ...any,
    async create(request) {
      const made = await any.create(request);
      add(String(made.attributes.Arn), request, made);
      return made;
    },
    update(request, old) {
      add(String(old.attributes.Arn), request, old);
      return old;
    },
    async delete(request, record) {
      remove(String(record.attributes.Arn), record.physicalId);
      await any.delete(request, record);
    },
  });
  return {
    'AWS::Events::Rule': extend(
      (arn, { properties }) => eventSchedules.addRule(arn, properties),
      (arn) => eventSchedules.all.delete(arn),
    ),
    'AWS::Scheduler::Schedule': extend(
      (arn, { properties }) => eventSchedules.addSchedule(arn, properties),
      (arn) => eventSchedules.all.delete(arn),
    ),
    'AWS::CloudWatch::Alarm': extend(
      (_arn, { properties }, { physicalId }) => cloudWatch.alarms.set(physicalId, properties),
      (_arn, physicalId) => cloudWatch.alarms.delete(physicalId),
    ),
  };
}
