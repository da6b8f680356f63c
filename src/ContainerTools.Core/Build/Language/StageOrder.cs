namespace ContainerTools.Core.Build.Language;

/// <summary>A stage is built from earlier ones only, so that there are no cycles.</summary>
internal static class StageOrder
{
    internal static void Check(Containerfile file)
    {
        foreach (var stage in file.Stages)
        {
            foreach (var instruction in stage.Instructions)
            {
                switch (instruction)
                {
                    case CopyInstruction { From: { } from }:
                        Check(file, stage, instruction, from, "COPY --from");
                        break;
                    case RunInstruction run:
                        foreach (string from in run.Mounts.Select(m => m.From).OfType<string>())
                            Check(file, stage, instruction, from, "the mount's from");
                        break;
                    default:
                        break;
                }
            }
        }
    }

    private static void Check(Containerfile file, Stage stage, Instruction instruction, string from, string what)
    {
        if (int.TryParse(from, System.Globalization.NumberStyles.None, null, out int index) && index >= file.Stages.Count)
        {
            throw file.Error("ContainerfileStageNotFound",
                $"{what} names stage {from}, but {(file.Stages.Count == 1 ? "there is only stage 0" : $"the stages are 0 to {file.Stages.Count - 1}")}", instruction.Range);
        }

        // A name may be an image's or a build context's; it is a stage's when any stage has it.
        if (file.FindStage(from, stage.Index) is null && file.FindStage(from) is { } later)
        {
            throw file.Error("ContainerfileStageOrder", later.Index == stage.Index
                ? $"{what} names its own stage, {from}"
                : $"{what} names the stage {from}, which comes later, in line {later.From.Range.StartLine}; a stage takes from earlier ones only", instruction.Range);
        }
    }
}
