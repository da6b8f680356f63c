using System.Management.Automation;

namespace ContainerTools;

/// <summary>Lets suspended containers go on.</summary>
[Cmdlet(VerbsLifecycle.Resume, "Container", SupportsShouldProcess = true)]
[OutputType(typeof(Container))]
public sealed class ResumeContainerCommand : ContainerCommand
{
    /// <summary>Writes the resumed containers.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override void Process(Container container)
    {
        if (!ShouldProcess(Describe(container), "Resume container"))
            return;
        var resumed = Containers.Resume(container);
        if (PassThru)
            WriteObject(resumed);
    }
}
