using System.Management.Automation;
using ContainerTools.Binding;
using ContainerTools.Engine.Logs;

namespace ContainerTools;

/// <summary>Reads what containers wrote to their standard output and error.</summary>
[Cmdlet(VerbsCommon.Get, "ContainerLog")]
[OutputType(typeof(ContainerLogRecord))]
public sealed class GetContainerLogCommand : ContainerCommand
{
    /// <summary>Goes on with what is written from now on, until the container ends.</summary>
    [Parameter]
    public SwitchParameter Follow { get; set; }

    /// <summary>Only this many of the last records.</summary>
    [Parameter]
    [Alias("Last")]
    [ValidateRange(0, int.MaxValue)]
    public int? Tail { get; set; }

    /// <summary>Only records of this time and later: a date, or how long ago (10m, a TimeSpan).</summary>
    [Parameter]
    [PointInTimeTransformation]
    public DateTimeOffset? Since { get; set; }

    /// <summary>Only records before this time: a date, or how long ago.</summary>
    [Parameter]
    [PointInTimeTransformation]
    public DateTimeOffset? Until { get; set; }

    private protected override void Process(Container container)
    {
        var options = new LogOptions { Follow = Follow, Tail = Tail, Since = Since, Until = Until };
        Await(async (queue, token) =>
        {
            await foreach (var record in Containers.ReadLogAsync(container, options, token))
                queue.Post(() => WriteObject(record), token);
            return true;
        });
    }
}
