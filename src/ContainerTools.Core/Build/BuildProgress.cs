namespace ContainerTools.Core.Build;

/// <summary>A report of a build.</summary>
/// <param name="Status">What it says.</param>
/// <param name="Stage">The stage: its name, or its number.</param>
/// <param name="Step">The number of the step in its stage, from 1; 0 for none.</param>
/// <param name="Steps">How many steps the stage has.</param>
/// <param name="Text">The instruction, a line of output, or a warning.</param>
public sealed record BuildProgress(BuildStepStatus Status, string Stage, int Step, int Steps, string Text);
