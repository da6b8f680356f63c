using System.Management.Automation;
using ContainerTools.Core.Build;

namespace ContainerTools.Cmdlets;

/// <summary>Shows a build: a bar for each stage with its step, warnings, and on the verbose stream the steps and what their commands write.</summary>
internal sealed class BuildProgressWriter(Cmdlet cmdlet, PipelineQueue queue, string activity) : IProgress<BuildProgress>
{
    private const int WholeId = 0;

    private readonly Dictionary<string, int> _stages = [];

    /// <summary>Takes a report on whatever thread it comes.</summary>
    public void Report(BuildProgress value) => queue.Post(() => Write(value));

    /// <summary>Takes the bars away; called on the pipeline's thread.</summary>
    public void Finish()
    {
        foreach (var (stage, id) in _stages)
            cmdlet.WriteProgress(new ProgressRecord(id, stage, "Done") { RecordType = ProgressRecordType.Completed, ParentActivityId = WholeId });
        cmdlet.WriteProgress(new ProgressRecord(WholeId, activity, "Done") { RecordType = ProgressRecordType.Completed });
    }

    private void Write(BuildProgress value)
    {
        string place = $"[{value.Stage} {value.Step}/{value.Steps}]";
        switch (value.Status)
        {
            case BuildStepStatus.Warning:
                cmdlet.WriteWarning(OneLine(value.Text));
                break;
            case BuildStepStatus.Output or BuildStepStatus.ErrorOutput:
                cmdlet.WriteVerbose($"{place}  {OneLine(value.Text)}");
                break;
            case BuildStepStatus.Started:
                cmdlet.WriteVerbose($"{place} {value.Text}");
                Show(value);
                break;
            case BuildStepStatus.Cached:
                cmdlet.WriteVerbose($"{place} CACHED");
                break;
        }
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");

    private void Show(BuildProgress value)
    {
        if (_stages.Count == 0)
            cmdlet.WriteProgress(new ProgressRecord(WholeId, activity, " "));
        if (!_stages.TryGetValue(value.Stage, out int id))
            _stages[value.Stage] = id = _stages.Count + 1;
        cmdlet.WriteProgress(new ProgressRecord(id, $"Stage {value.Stage}", $"{value.Step}/{value.Steps} {OneLine(value.Text)}")
        {
            ParentActivityId = WholeId,
            PercentComplete = value.Steps > 0 ? Math.Min(100, (value.Step - 1) * 100 / value.Steps) : -1,
        });
    }
}
