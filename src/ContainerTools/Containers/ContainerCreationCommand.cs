using System.Management.Automation;
using ContainerTools.Binding;
using ContainerTools.Cmdlets;
using ContainerTools.Engine;
using ContainerTools.Engine.Containers;
using ContainerTools.Linux;
using ContainerTools.Oci;

namespace ContainerTools;

/// <summary>
/// A command that makes containers: of the image given first, or of each image that is piped to it. The remaining arguments are the
/// command to run, so that <c>New-Container debian:12 sleep 1d</c> and <c>$image | New-Container sleep 1d</c> are what they look like.
/// </summary>
public abstract partial class ContainerCreationCommand : ContainerToolsCmdlet
{
    /// <summary>An image's object, name or id. Binding it by property name is how rows of a table become containers.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [ImageTransformation]
    [ArgumentCompleter(typeof(ImageCompleter))]
    public ImageArgument? Image { get; set; }

    /// <summary>Takes the place of the image's command; arguments of the entrypoint where the image has one.</summary>
    [Parameter(Position = 1, ValueFromRemainingArguments = true, ValueFromPipelineByPropertyName = true)]
    [AllowEmptyCollection]
    [AllowEmptyString]
    [WordsTransformation]
    public string[]? Command { get; set; }

    /// <summary>An image from the pipeline.</summary>
    [Parameter(ValueFromPipeline = true, DontShow = true)]
    public PSObject? InputObject { get; set; }

    /// <summary>The -c of a command that stands without -- before it, as in sh -c.</summary>
    [Parameter(DontShow = true)]
    public SwitchParameter C { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        TakenLetters.Check(this, nameof(Image), nameof(Command), nameof(InputObject), nameof(C));
        if (C)
            Command = LetterC.PutBack(this, nameof(Image), Command ?? []);
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (InputObject is not null && TakeInput(InputObject))
            return;
        Attempt(InputObject, () =>
        {
            var (image, command) = Call();
            Create(image, command);
        });
    }

    /// <summary>Takes what is piped as the container's standard input.</summary>
    /// <returns>False if it is an image, or something else to make a container of.</returns>
    private protected virtual bool TakeInput(PSObject piped) => false;

    private protected void Create(ImageArgument image, IReadOnlyList<string>? command)
    {
        var found = image.Value ?? Images.Get(image.Text);
        CheckPlatform(found);
        Create(found, BuildOptions(command));
    }

    private void CheckPlatform(Image image)
    {
        var own = new Platform { Os = image.Os, Architecture = image.Architecture, Variant = image.Variant };
        if (ImageNames.ParsePlatform(Platform) is { } asked && !asked.Matches(own))
        {
            throw new ContainerToolsException("ImagePlatformMismatch", ErrorKind.NotFound,
                $"The image '{image}' is for {own}, not for {asked}. Fetch the other one with Save-Image -Platform {asked}.", image.ToString());
        }
    }

    private protected abstract void Create(Image image, ContainerOptions options);

    /// <summary>Makes the container.</summary>
    private protected Container Make(ContainerOptions options, Image image)
    {
        var container = Make(options, image, out var onDisk);
        onDisk.GetAwaiter().GetResult();
        return container;
    }

    /// <summary>Makes the container.</summary>
    /// <param name="options">What the caller asks for.</param>
    /// <param name="image">What it is made from.</param>
    /// <param name="onDisk">Ends when the container outlives a power cut.</param>
    private protected Container Make(ContainerOptions options, Image image, out Task onDisk)
    {
        const string Copying = "Copying layers with the owners of the container's user namespace";
        bool copied = false;
        options.CopyingLayer = (number, count) =>
        {
            copied = true;
            WriteProgress(new ProgressRecord(1, Copying, $"Layer {number} of {count}") { PercentComplete = 100 * (number - 1) / count });
        };
        var container = Containers.Create(options, Prepare(image), out onDisk, Stopped);
        if (copied)
            WriteProgress(new ProgressRecord(1, Copying, "Done") { RecordType = ProgressRecordType.Completed });
        if (container.ProcessLabel is null && container.Mounts.FirstOrDefault(m => m.Relabel is not null) is { } mount)
            WriteVerbose($"{mount} keeps its SELinux label: {(KernelFeatures.SecurityModules.Contains("selinux") ? "the container is not confined by SELinux" : "the kernel does not run SELinux")}.");
        return container;
    }

    /// <summary>The image with its layers unpacked, as the engine takes it.</summary>
    private protected ContainerImage Prepare(Image image) =>
        new() { Reference = image.ToString(), Id = image.Id, Config = image.Config, Layers = Images.EnsureLayers(image, Stopped) };

    /// <summary>
    /// Which image, and what to run in it. The engine fills positions before it looks at the pipeline, so when an image is piped, what
    /// it took for the image is the command's first word.
    /// </summary>
    private (ImageArgument Image, IReadOnlyList<string>? Command) Call()
    {
        if (InputObject is not null && ImageArgument.From(InputObject) is { } piped)
        {
            if (Image is not { } first)
                return (piped, Words);
            if (IsNamed(nameof(Image)))
            {
                throw new ContainerToolsException("ImageGivenTwice", ErrorKind.InvalidArgument,
                    $"An image is piped ('{piped}') and another one is given with -Image ('{first}'). Leave one out.", first.Text);
            }
            return (piped, [first.Text, .. Words ?? []]);
        }
        return (Image ?? throw new ContainerToolsException("ImageMissing", ErrorKind.InvalidArgument,
            "Give an image: its name or id as the first argument, or an image through the pipeline."), Words);
    }

    private protected string[]? Words => Command is null ? null : CommandWords.Of(Command, MyInvocation);

    /// <summary>Whether a parameter was given by its name. Only the engine's own dictionary knows; where it does not say, it was not.</summary>
    private bool IsNamed(string parameter)
    {
        var bound = MyInvocation.BoundParameters;
        return bound.ContainsKey(parameter)
            && bound.GetType().GetProperty("BoundPositionally")?.GetValue(bound) is ICollection<string> positional
            && !positional.Contains(parameter);
    }
}
