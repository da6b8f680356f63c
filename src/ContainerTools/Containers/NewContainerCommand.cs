using System.Management.Automation;
using ContainerTools.Binding;
using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Health;

namespace ContainerTools;

/// <summary>Makes containers, which Start-Container starts.</summary>
[Cmdlet(VerbsCommon.New, "Container", SupportsShouldProcess = true)]
[OutputType(typeof(Container))]
public sealed class NewContainerCommand : ContainerCreationCommand
{
    /// <summary>What tells whether the container is well: one text is a line for the image's shell, several are a command and its arguments; none turns the image's own check off.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [WordsTransformation]
    public string[]? HealthCommand { get; set; }

    /// <summary>The time between two checks: seconds, a TimeSpan or text such as 1m30s; 30 seconds by default.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [DurationTransformation]
    public TimeSpan? HealthInterval { get; set; }

    /// <summary>How long a check may take before it has failed; 30 seconds by default.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [DurationTransformation]
    public TimeSpan? HealthTimeout { get; set; }

    /// <summary>How many failures in a row make the container unhealthy; three by default.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public int? HealthRetries { get; set; }

    /// <summary>The time after the start in which failures do not count, and checks come every 5 seconds, until one succeeds.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [DurationTransformation]
    public TimeSpan? HealthStartPeriod { get; set; }

    /// <summary>When the container is started again after it has ended: no (the default), on-failure, on-failure:N, always or unless-stopped.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(RestartPolicyCompleter))]
    public string? RestartPolicy { get; set; }

    /// <summary>Removes the container, with its anonymous volumes, when it has ended.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public SwitchParameter AutoRemove { get; set; }

    private protected override void Create(Image image, ContainerOptions options)
    {
        if (!ShouldProcess(options.Name ?? $"a container from {image}", $"Create container from {image}"))
            return;
        options.HealthCheck = new HealthCheckOptions
        {
            Command = HealthCommand,
            Interval = HealthInterval,
            Timeout = HealthTimeout,
            Retries = HealthRetries,
            StartPeriod = HealthStartPeriod,
        };
        options.RestartPolicy = RestartPolicy is null ? null : ContainerTools.RestartPolicy.Parse(RestartPolicy);
        options.AutoRemove = AutoRemove;
        var container = Make(options, image, out var onDisk);
        try
        {
            // The rest of the pipeline works while the disk does.
            WriteObject(container);
        }
        finally
        {
            onDisk.GetAwaiter().GetResult();
        }
    }
}
