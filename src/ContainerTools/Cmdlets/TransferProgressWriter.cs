using System.Diagnostics;
using System.Management.Automation;
using ContainerTools.Core.Images;

namespace ContainerTools.Cmdlets;

/// <summary>Shows a transfer: a bar for the whole, and one below it for each layer.</summary>
internal sealed class TransferProgressWriter(Cmdlet cmdlet, PipelineQueue queue, string activity) : IProgress<TransferProgress>
{
    private const int WholeId = 0;
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, (int Id, long LastShown, TransferPhase Phase)> _parts = [];

    /// <summary>Takes a report on whatever thread it comes.</summary>
    public void Report(TransferProgress value)
    {
        int id;
        lock (_lock)
        {
            if (!_parts.TryGetValue(value.Id, out var part))
                part = (_parts.Count + 1, 0, (TransferPhase)(-1));
            else if (part.Phase == value.Phase && Stopwatch.GetElapsedTime(part.LastShown) < s_interval)
                return;
            id = part.Id;
            _parts[value.Id] = (id, Stopwatch.GetTimestamp(), value.Phase);
        }
        queue.Post(() => cmdlet.WriteProgress(Record(id, value)));
    }

    /// <summary>Takes the bars away; called on the pipeline's thread.</summary>
    public void Finish()
    {
        foreach (var part in _parts)
            cmdlet.WriteProgress(new ProgressRecord(part.Value.Id, part.Key, "Done") { RecordType = ProgressRecordType.Completed, ParentActivityId = WholeId });
        cmdlet.WriteProgress(new ProgressRecord(WholeId, activity, "Done") { RecordType = ProgressRecordType.Completed });
    }

    private static ProgressRecord Record(int id, TransferProgress value)
    {
        var sizes = value.Total is { } total ? $"{ByteSize.Format(value.Current)} of {ByteSize.Format(total)}" : ByteSize.Format(value.Current);
        var done = value.Phase is TransferPhase.Done or TransferPhase.Exists;
        return new ProgressRecord(id, value.Id, done || value.Current == 0 ? value.Phase.ToString() : $"{value.Phase} {sizes}")
        {
            ParentActivityId = WholeId,
            PercentComplete = done ? 100 : value.Total is > 0 ? (int)Math.Min(100, value.Current * 100 / value.Total.Value) : -1,
        };
    }

    /// <summary>Shows the bar for the whole.</summary>
    public void Start() => cmdlet.WriteProgress(new ProgressRecord(WholeId, activity, " "));
}
